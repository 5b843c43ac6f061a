#pragma once
/// \file What a learned elastic network says of a structure, how far off it may be, and whether it knows such atoms.

#include <functional>
#include <optional>
#include <vector>

#include "elastic/network.hpp"
#include "md/harmonic.hpp"

namespace mg {

/// The size of an atom's relative error, but for a factor: sqrt(gamma^2 + gamma_0^2), gamma its Gruneisen parameter.
/// Where springs nearly balance each other, at soft spots, K feels every small error of the laws as it feels
/// a compression. gamma_0 is that of ordinary atoms: below it errors were found to be all of one size.
inline constexpr double ordinary_gruneisen = 1.5;
double error_scale(double gruneisen);

/// What the network found where it was trained. Empty before calibration.
struct ElasticCalibration {
    /// (species) standard deviation of real over predicted stiffness, and the distance from 1 within which 90 % of
    /// these are; both times error_scale().
    std::vector<double> deviation, interval_90;
    double force = 0;                              ///< [eV/A] of a thousandth of the atoms the force is larger
    double force_rms = 0;                          ///< [eV/A] root mean square of |F_i|
    std::vector<double> virial, virial_deviation;  ///< [eV] (species) of sum_j f_ij r_ij: mean, standard deviation
    std::vector<double> closest;                   ///< [A] (pairs of species) the shortest bond

    bool calibrated() const { return !deviation.empty(); }
};

struct ElasticModel {
    ElasticNetwork network;
    ElasticCalibration calibration;
};

/// Of n atoms.
struct ElasticPrediction {
    std::vector<double> stiffness;  ///< [eV/A^2] (n)
    std::vector<Sym3> compliance;   ///< [A^2/eV] (n)
    std::vector<double> force;      ///< [eV/A] (n) |F_i| that the network leaves
    std::vector<double> virial;     ///< [eV] (n) sum_j f_ij r_ij
    std::vector<double> closest;    ///< [A] (n, species) shortest bond to an atom of each, at most the cutoff
    std::vector<double> along;      ///< [eV/A^2] (n, species) sum of the springs along the bonds to atoms of each
    std::vector<double> across;     ///< [eV/A^2] (n, species) and of those across them
    /// (n) gamma = -1/2 d ln K / d ln V, of a homogeneous compression, so that K stands for a squared frequency.
    std::vector<double> gruneisen;
    // Of a calibrated model:
    std::vector<double> deviation;    ///< [eV/A^2] (n) standard deviation of the real stiffness
    std::vector<double> interval_90;  ///< [eV/A^2] (n) half width of the interval that holds 90 % of real values
    std::vector<double> novelty;      ///< (n) above 1: the training had no such atoms
    HarmonicScheme scheme = HarmonicScheme::dense;
    double error = 0;  ///< relative, of the inversion
};

/// Species of the structure are those of the network. Throws PhysicsError where the network is not stable: it knows no
/// such structure, or it is not at rest. `give_up`, asked now and then: returns nothing.
template <class Space>
std::optional<ElasticPrediction> predict_elastic(const ElasticModel& model, const Structure& structure,
                                                 const HarmonicOptions& options,
                                                 const std::function<bool()>& give_up = {});

/// A sample that the network was trained on: what it predicts there, what is real, and which atoms it learned from.
struct CalibrationSample {
    std::vector<int> species;
    ElasticPrediction prediction;
    std::vector<double> stiffness;
    std::vector<int> labelled;
};
/// `held_out` are samples as networks predict them that have not learned from them: where there are any, deviations and
/// intervals are theirs, or else of the atoms of `samples` that were not learned from.
ElasticCalibration calibrate(const ElasticNetwork& network, const std::vector<CalibrationSample>& samples,
                             const std::vector<CalibrationSample>& held_out = {});

/// Adds deviations, intervals and novelty. A structure is novel as a whole where its forces are twice those of training
/// or its mean virial lies off by half of what that scatters from atom to atom; an atom, where its own are beyond
/// a thousandth of training's.
void judge(const ElasticModel& model, const std::vector<int>& species, ElasticPrediction& prediction);

/// The positions at rest under the network's own laws, at fixed cell.
template <class Space>
Structure relax_elastic(const ElasticNetwork& network, const Structure& structure);

}  // namespace mg
