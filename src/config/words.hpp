#pragma once
/// \file The words that a study file has for the values of enumerations (io/key_rules.hpp), one table each.

#include "io/key_rules.hpp"
#include "md/harmonic.hpp"
#include "nn/training.hpp"
#include "ops/forces.hpp"
#include "physics/cell_motion.hpp"

namespace mg {

/// The positions from which the displacements of <|dr|^2> are measured.
enum class StiffnessEstimator {
    mean_position,  ///< from an atom's mean position in the window
    first_frame,    ///< from where it was at the window's start
};

/// Where an atom's stiffness comes from.
enum class StiffnessMethod {
    dynamics,  ///< its vibration, at several temperatures
    harmonic,  ///< the Hessian of its inherent structure
    both,      ///< the label is that of dynamics, with the other beside it
};

/// Which positions of a glass are described.
enum class DescriptorPositions {
    inherent,  ///< of the minimised structure
    mean,      ///< over a window of the stiffness runs
    snapshot,  ///< as the quench left them, before the annealing
};

inline io::WordTable<Precision> words_of(Precision) {
    return {{Precision::mixed, "mixed"}, {Precision::full, "double"}};
}
inline io::WordTable<CellMode> words_of(CellMode) {
    return {{CellMode::iso, "iso"}, {CellMode::aniso, "aniso"}, {CellMode::tri, "tri"}};
}
inline io::WordTable<StiffnessEstimator> words_of(StiffnessEstimator) {
    return {{StiffnessEstimator::mean_position, "mean_position"}, {StiffnessEstimator::first_frame, "first_frame"}};
}
inline io::WordTable<StiffnessMethod> words_of(StiffnessMethod) {
    return {{StiffnessMethod::dynamics, "dynamics"},
            {StiffnessMethod::harmonic, "harmonic"},
            {StiffnessMethod::both, "both"}};
}
inline io::WordTable<HarmonicScheme> words_of(HarmonicScheme) {
    return {{HarmonicScheme::automatic, "auto"},
            {HarmonicScheme::dense, "dense"},
            {HarmonicScheme::cg, "cg"},
            {HarmonicScheme::clusters, "clusters"}};
}
inline io::WordTable<DescriptorPositions> words_of(DescriptorPositions) {
    return {{DescriptorPositions::inherent, "inherent"},
            {DescriptorPositions::mean, "mean"},
            {DescriptorPositions::snapshot, "snapshot"}};
}
inline io::WordTable<Activation> words_of(Activation) {
    io::WordTable<Activation> table;
    for (const Activation a : {Activation::relu, Activation::sigmoid, Activation::tanh})
        table.emplace_back(a, activation_name(a));
    return table;
}
inline io::WordTable<RateSchedule> words_of(RateSchedule) {
    io::WordTable<RateSchedule> table;
    for (const RateSchedule s : {RateSchedule::constant, RateSchedule::exponential, RateSchedule::cosine})
        table.emplace_back(s, rate_schedule_name(s));
    return table;
}

}  // namespace mg
