#pragma once
/// \file Training and prediction, and the folds of a cross-validation. The same seed, data and options give the same
/// bits on any number of threads.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "nn/model.hpp"

namespace mg {

/// Descriptors and real stiffness of atoms, on the host.
struct Dataset {
    int features_per_atom = 0;
    std::vector<double> features;  ///< (n, features_per_atom), row-major
    std::vector<double> target;    ///< [eV/A^2] (n)
    std::vector<int> group;        ///< (n) sample of each atom, or empty
    std::vector<int> species;      ///< (n) index of species, or empty
    int species_count = 0;

    int size() const { return static_cast<int>(target.size()); }
};

/// The given rows of a data set, in that order.
Dataset select_rows(const Dataset& data, std::span<const int> rows);

/// The given features of a data set, in that order.
Dataset select_columns(const Dataset& data, std::span<const int> columns);

enum class RateSchedule { constant, exponential, cosine };
/// "constant", "exponential" or "cosine"; throws InputError for another name.
RateSchedule rate_schedule_from_name(std::string_view name);
std::string rate_schedule_name(RateSchedule schedule);

struct TrainOptions {
    std::vector<int> hidden{200};
    Activation activation = Activation::relu;
    int epochs = 100;
    int batch = 256;
    double learning_rate = 1e-3;
    RateSchedule schedule = RateSchedule::cosine;
    double decay = 0.01;      ///< learning rate of the last epoch over that of the first, in (0, 1]
    double weight_decay = 0;  ///< share of each parameter that a step takes off, over the learning rate; 0 or more
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< Adam
    double validation_fraction = 0.1;  ///< share of the rows, drawn at random, that stops the training; in [0, 1)
    int patience = 20;                 ///< epochs without a better validation loss before stopping; 0: never stop early
    std::uint64_t seed = 1;

    bool operator==(const TrainOptions&) const = default;
};

/// The rows of `n` that stop the training, ascending: at least one, where there is a share for them at all.
std::vector<int> validation_rows(int n, const TrainOptions& options);

/// The training rows in the order of an epoch (from 0). Keyed by the epoch, so that a resumed training needs no
/// generator's state.
std::vector<int> epoch_order(std::vector<int> rows, std::uint64_t seed, int epoch);

/// The learning rate of an epoch (from 0).
double learning_rate_at(const TrainOptions& options, int epoch);

/// The complete state between two epochs: going on from it gives the same bits as never having stopped.
struct TrainState {
    int epochs_done = 0;
    long steps_done = 0;
    std::vector<double> parameters, first_moment, second_moment;  ///< (parameters)
    std::vector<double> best_parameters;                          ///< (parameters)
    double best_loss = 0;
    int best_epoch = -1;
    std::vector<EpochRecord> history;
};

/// What the training tells after every epoch.
struct TrainProgress {
    const EpochRecord& epoch;
    int epochs;                                ///< asked for
    long samples;                              ///< rows trained on in this epoch
    bool captured;                             ///< whether the epoch's steps were one CUDA graph
    const std::function<TrainState()>& state;  ///< for a checkpoint; costs a copy from the device
};
/// Returns false to stop after this epoch.
using TrainCallback = std::function<bool(const TrainProgress&)>;

/// Trains a network. The parameters are those of the epoch with the lowest validation loss, or of the last epoch
/// where there are no validation rows. Throws InputError for data or options that cannot be used, Error where the
/// loss is no longer finite.
template <class Space>
Model train(const Dataset& data, const TrainOptions& options, const TrainCallback& progress = {},
            const TrainState* resume = nullptr);

/// The predicted target of each row of `features` (n, model.inputs()), in the target's unit.
template <class Space>
std::vector<double> predict(Space space, const Model& model, std::span<const double> features);

/// The fold (0 .. folds - 1) of every atom. Whole samples go into folds where there are at least `folds` samples,
/// else single atoms at random. Throws InputError where there are fewer atoms than folds.
std::vector<int> assign_folds(const Dataset& data, int folds, std::uint64_t seed);

/// The atoms of fold `which` of `fold` (n).
Dataset inside_fold(const Dataset& data, std::span<const int> fold, int which);
/// All others: those that a network is trained on which shall not have seen the fold.
Dataset outside_fold(const Dataset& data, std::span<const int> fold, int which);

}  // namespace mg
