#pragma once
/// \file Learning an elastic network from the stiffness of atoms, with the balance of forces as the teacher.
///
///   loss = mean (K_i - label_i)^2 + weight mean F^2 + weight_p mean (W - W_0)^2,
///
/// the second mean over all components of all forces: the structures are minima, so that the network's bonds must leave
/// no force; the third over samples, of W = 1/N sum_ij f_ij r_ij, which is -6 p V / N at a pressure p: bonds carry no
/// more than that. It is minimised by Levenberg's and Marquardt's method with adjoint derivatives; a step after which a
/// matrix is no longer positive definite is refused like one that makes the loss larger. It begins with springs that
/// hold each atom in place, which then go (homotopy), on few labels first.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "elastic/network.hpp"

namespace mg {

/// A structure at rest with the stiffness of its atoms.
struct ElasticSample {
    Structure structure;
    std::vector<double> stiffness;  ///< [eV/A^2] (n)
    double pressure = 0;            ///< [eV/A^3]
};

struct ElasticTraining {
    int labels = 400;              ///< atoms to learn from, of all samples together
    double pressure_weight = 0.1;  ///< [A^-4]
    double force_weight = 300;     ///< [A^-2]
    double cutoff = 7.6;           ///< [A]
    int start_labels = 60;         ///< of those, as many as are enough while springs hold atoms in place
    std::uint64_t seed = 1;        ///< of the choice of atoms

    bool operator==(const ElasticTraining&) const = default;
};

/// One accepted step.
struct ElasticRecord {
    double on_site = 0;  ///< [eV/A^2] of the springs that hold atoms in place
    int labels = 0;
    double label_rms = 0;    ///< [eV/A^2]
    double correlation = 0;  ///< Pearson's R over the labels
    double force_rms = 0;    ///< [eV/A] of a component
    double virial_rms = 0;   ///< [eV] of W - W_0
    double damping = 0;      ///< Marquardt's
    double loss = 0;
};

/// Where the walk stood after a look at the loss, or after a step.
struct ElasticStep {
    bool found = false;  ///< a positive definite network, or a step that made the loss smaller
    ElasticRecord record;
    double damping = 0;             ///< Marquardt's, of the next step
    std::vector<double> parameter;  ///< after a step that was found
};
/// All of a training so far, from its beginning: where it is asked for again with this, it goes on from there, and ends
/// with the bits of one that was never stopped.
using ElasticJournal = std::vector<ElasticStep>;

/// The atoms that are learned from in each of so many samples, those of a species taken in turn with those of others.
std::vector<std::vector<int>> chosen_atoms(const std::vector<Structure>& structures, const ElasticTraining& training);

/// Learns from samples of the same elements. `tell` is called with each accepted step that the journal did not have.
/// Throws PhysicsError where no positive definite network is found. `give_up`, asked now and then: returns nothing, and
/// the journal is whole then as at any time.
template <class Space>
std::optional<ElasticNetwork> train_elastic(const std::vector<ElasticSample>& samples, const ElasticTraining& training,
                                            ElasticJournal& journal,
                                            const std::function<void(const ElasticRecord&)>& tell,
                                            const std::function<bool()>& give_up);

/// Learns on from a network that is stable in all these samples, from their own labels: a few steps are enough where
/// forces and laws are known already.
template <class Space>
std::optional<ElasticNetwork> retrain_elastic(const ElasticNetwork& network, const std::vector<ElasticSample>& samples,
                                              const ElasticTraining& training, const std::function<bool()>& give_up);

/// Stiffness of the atoms chosen, and its derivatives by the parameters, (chosen, parameters) row-major where they are
/// asked for. Throws PhysicsError where the matrix is not positive definite.
struct ElasticStiffness {
    std::vector<double> stiffness;  ///< [eV/A^2]
    std::vector<double> derivative;
};
template <class Space>
std::optional<ElasticStiffness> elastic_stiffness(const ElasticGlass<Space>& glass, const std::vector<int>& atoms,
                                                  double tolerance, bool derivatives,
                                                  const std::function<bool()>& give_up = {});

}  // namespace mg
