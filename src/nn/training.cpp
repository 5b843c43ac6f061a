#include "nn/training.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <string>

#include "core/array.hpp"
#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/random.hpp"
#include "core/space.hpp"
#include "nn/network.hpp"
#include "ops/network.hpp"
#include "ops/replay.hpp"

namespace mg {
namespace {

/// Rows of one forward pass where no gradient is needed; a multiple of the host's row block.
constexpr int evaluation_rows = 4096;
/// Launches of an epoch beyond which it is no graph: recording them would take longer than it saves.
constexpr long most_graph_nodes = 50000;
/// Rows whose partial sums make up a mean or a variance.
constexpr int moment_rows = 1024;

void check(const Dataset& data, const TrainOptions& o) {
    const std::size_t n = data.target.size();
    const auto refuse = [](const std::string& problem, const std::string& why, const std::string& remedy) {
        throw InputError(problem, why, remedy);
    };
    if (data.features_per_atom < 1 || data.features.size() != n * data.features_per_atom)
        refuse("bad training data",
               std::to_string(data.features.size()) + " features for " + std::to_string(n) + " atoms of " +
                   std::to_string(data.features_per_atom) + " features each",
               "compute the descriptors again");
    if (n < 2) refuse("bad training data", std::to_string(n) + " atoms", "train on at least two atoms");
    if ((!data.group.empty() && data.group.size() != n) || (!data.species.empty() && data.species.size() != n))
        refuse("bad training data", "samples or species of another length than the targets", "give one per atom");
    for (std::size_t i = 0; i < n; ++i)
        if (!std::isfinite(data.target[i]))
            refuse("bad training data", "the target of atom " + std::to_string(i) + " is not finite",
                   "compute the stiffness again");
    for (std::size_t i = 0; i < data.features.size(); ++i)
        if (!std::isfinite(data.features[i]))
            refuse("bad training data",
                   "feature " + std::to_string(i % data.features_per_atom) + " of atom " +
                       std::to_string(i / data.features_per_atom) + " is not finite",
                   "compute the descriptors again");
    if (o.epochs < 1) refuse("bad train.epochs", std::to_string(o.epochs), "use at least 1");
    if (o.batch < 1) refuse("bad train.batch", std::to_string(o.batch), "use at least 1");
    if (!(o.learning_rate > 0) || !std::isfinite(o.learning_rate))
        refuse("bad train.learning_rate", shown(o.learning_rate), "use a positive number such as 1e-3");
    if (!(o.decay > 0 && o.decay <= 1)) refuse("bad train.decay", shown(o.decay), "use a number in (0, 1]");
    if (!(o.weight_decay >= 0 && o.learning_rate * o.weight_decay < 1))
        refuse("bad train.weight_decay", shown(o.weight_decay),
               "use 0 or more, and less than one over the learning rate");
    if (!(o.validation_fraction >= 0 && o.validation_fraction < 1))
        refuse("bad train.validation_fraction", shown(o.validation_fraction), "use a number in [0, 1)");
    if (o.patience < 0) refuse("bad train.patience", std::to_string(o.patience), "use 0 or more epochs");
    if (!(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1 && o.epsilon > 0))
        refuse("bad constants of Adam", "beta1 and beta2 must lie in [0, 1), epsilon above 0",
               "use 0.9, 0.999 and 1e-8");
}

/// Column means and standard deviations over some rows, summed in fixed blocks of rows and then in order.
void column_moments(const double* values, int columns, const std::vector<int>& rows, std::vector<double>& mean,
                    std::vector<double>& deviation) {
    const int n = static_cast<int>(rows.size());
    const int blocks = (n + moment_rows - 1) / moment_rows;
    std::vector<double> partials(static_cast<std::size_t>(blocks) * columns);
    mean.assign(columns, 0.0);
    deviation.assign(columns, 0.0);
    const auto accumulate = [&](bool squares, std::vector<double>& total) {
        std::fill(partials.begin(), partials.end(), 0.0);
#pragma omp parallel for schedule(static)
        for (int b = 0; b < blocks; ++b) {
            double* partial = partials.data() + static_cast<std::size_t>(b) * columns;
            for (int k = b * moment_rows; k < std::min(n, (b + 1) * moment_rows); ++k) {
                const double* row = values + static_cast<std::size_t>(rows[k]) * columns;
                for (int j = 0; j < columns; ++j) {
                    const double x = row[j] - mean[j];
                    partial[j] += squares ? x * x : x;
                }
            }
        }
        for (int b = 0; b < blocks; ++b)
            for (int j = 0; j < columns; ++j) total[j] += partials[static_cast<std::size_t>(b) * columns + j];
        for (double& x : total) x /= n;
    };
    std::vector<double> sums(columns, 0.0);
    accumulate(false, sums);
    mean = sums;
    accumulate(true, deviation);
    for (int j = 0; j < columns; ++j) {
        deviation[j] = std::sqrt(deviation[j]);
        // What rounding leaves of a constant column is no variance.
        if (deviation[j] <= 1e-13 * std::abs(mean[j])) deviation[j] = 0.0;
    }
}

template <class Space>
class Training {
public:
    Training(const Dataset& data, const TrainOptions& options, const TrainState* resume)
        : options_(options), layers_(make_layers(data.features_per_atom, options.hidden)) {
        check(data, options);
        const int n = data.size();
        validation_rows_ = validation_rows(n, options);
        for (int i = 0; i < n; ++i)
            if (!std::binary_search(validation_rows_.begin(), validation_rows_.end(), i)) training_rows_.push_back(i);

        model_.layers = layers_;
        model_.activation = options.activation;
        model_.seed = options.seed;
        column_moments(data.features.data(), data.features_per_atom, training_rows_, model_.input_mean,
                       model_.input_std);
        std::vector<double> mean, deviation;
        column_moments(data.target.data(), 1, training_rows_, mean, deviation);
        model_.target_mean = mean[0];
        model_.target_std = deviation[0] > 0 ? deviation[0] : 1.0;

        std::vector<double> scaled(data.features.size());
        standardise(model_, data.features.data(), n, scaled.data());
        inputs_ = to_space<Space>(scaled);
        std::vector<double> target(n);
        for (int i = 0; i < n; ++i) target[i] = (data.target[i] - model_.target_mean) / model_.target_std;
        targets_ = to_space<Space>(target);
        validation_order_ = to_space<Space>(validation_rows_);
        squares_.resize(n);

        batch_ = std::min<int>(options.batch, static_cast<int>(training_rows_.size()));
        network_.emplace_back(layers_, options.activation, batch_);
        if (!validation_rows_.empty()) network_.emplace_back(layers_, options.activation, evaluation_rows);
        start(resume);
    }

    Model run(const TrainCallback& progress) {
        const std::function<TrainState()> snapshot = [this] { return state(); };
        while (state_.epochs_done < options_.epochs && !finished()) {
            state_.history.push_back(run_epoch());
            ++state_.epochs_done;
            if (progress && !progress({state_.history.back(), options_.epochs, static_cast<long>(training_rows_.size()),
                                       replay_.captured(), snapshot}))
                break;
        }
        model_.parameters = to_host(best_);
        model_.history = state_.history;
        model_.best_epoch = state_.best_epoch;
        return std::move(model_);
    }

private:
    void start(const TrainState* resume) {
        const std::size_t parameters = layers_.parameter_count();
        if (resume) {
            for (const auto* part :
                 {&resume->parameters, &resume->first_moment, &resume->second_moment, &resume->best_parameters})
                if (part->size() != parameters)
                    throw InputError("the training's checkpoint does not fit",
                                     "it has " + std::to_string(part->size()) + " parameters, the network " +
                                         std::to_string(parameters),
                                     "start the training anew");
            state_ = *resume;
            network_[0].set_parameters(resume->parameters);
            first_ = to_space<Space>(resume->first_moment);
            second_ = to_space<Space>(resume->second_moment);
            best_ = to_space<Space>(resume->best_parameters);
        } else {
            const std::vector<double> initial = initial_parameters(layers_, options_.seed);
            network_[0].set_parameters(initial);
            best_ = to_space<Space>(initial);
            first_.resize(parameters);
            second_.resize(parameters);
            fill_zero(first_);
            fill_zero(second_);
        }
        // The vectors are read back from Space when they are asked for.
        state_.parameters.clear();
        state_.first_moment.clear();
        state_.second_moment.clear();
        state_.best_parameters.clear();
    }

    TrainState state() {
        TrainState full = state_;
        full.parameters = to_host(network_[0].parameters());
        full.first_moment = to_host(first_);
        full.second_moment = to_host(second_);
        full.best_parameters = to_host(best_);
        return full;
    }

    bool finished() const {
        return !validation_rows_.empty() && options_.patience > 0 && state_.epochs_done > 0 &&
               state_.epochs_done - 1 - state_.best_epoch >= options_.patience;
    }

    EpochRecord run_epoch() {
        const int epoch = state_.epochs_done;
        const int n = static_cast<int>(training_rows_.size());
        const int steps = (n + batch_ - 1) / batch_;
        EpochRecord record;
        record.epoch = epoch;
        record.learning_rate = learning_rate_at(options_, epoch);

        // Everything that changes from step to step is in Space before the first step, so that the steps need no
        // word from the host.
        std::vector<double> rates(3 * static_cast<std::size_t>(steps));
        for (int s = 0; s < steps; ++s) {
            const double t = static_cast<double>(state_.steps_done + s + 1);
            rates[3 * s] = record.learning_rate / (1.0 - std::pow(options_.beta1, t));
            rates[3 * s + 1] = 1.0 / std::sqrt(1.0 - std::pow(options_.beta2, t));
            rates[3 * s + 2] = 1.0 - record.learning_rate * options_.weight_decay;
        }
        copy(to_space<Host>(rates), rates_);
        copy(to_space<Host>(epoch_order(training_rows_, options_.seed, epoch)), order_);
        const AdamConstants constants{options_.beta1, options_.beta2, options_.epsilon};
        Network<Space>& network = network_[0];
        // All steps of an epoch are one graph: no array moves from epoch to epoch, and each step has its own number.
        const auto all_steps = [&] {
            for (int s = 0; s < steps; ++s) {
                const int first = s * batch_;
                network.forward_and_backward({inputs_, targets_, order_, first, std::min(batch_, n - first)}, squares_);
                adam_step(constants, network.partial_gradients(), network.blocks(), rates_, s, network.parameters(),
                          first_, second_);
            }
        };
        if (static_cast<long>(steps) * (4 + 5 * layers_.count()) <= most_graph_nodes)
            replay_.run(1, all_steps, 0);
        else
            all_steps();
        state_.steps_done += steps;
        record.training_loss = sum(squares_, n, scratch_) / n;
        if (!validation_rows_.empty()) record.validation_loss = validation_loss();
        const double loss = validation_rows_.empty() ? record.training_loss : record.validation_loss;
        if (!std::isfinite(loss) || !std::isfinite(record.training_loss))
            throw Error("the training diverged",
                        "the loss is not finite in epoch " + std::to_string(epoch) + " with a learning rate of " +
                            shown(record.learning_rate),
                        "lower train.learning_rate");
        if (validation_rows_.empty() || state_.best_epoch < 0 || loss < state_.best_loss) {
            state_.best_loss = loss;
            state_.best_epoch = epoch;
            copy(network.parameters(), best_);
        }
        return record;
    }

    double validation_loss() {
        Network<Space>& network = network_[1];
        copy(network_[0].parameters(), network.parameters());
        const int n = static_cast<int>(validation_rows_.size());
        for (int first = 0; first < n; first += evaluation_rows)
            network.forward({inputs_, targets_, validation_order_, first, std::min(evaluation_rows, n - first)},
                            squares_);
        return sum(squares_, n, scratch_) / n;
    }

    TrainOptions options_;
    Layers layers_;
    Model model_;
    std::vector<int> training_rows_, validation_rows_;
    int batch_ = 0;
    Array<double, Space> inputs_, targets_;  ///< the whole data set, standardised
    Array<int, Space> order_, validation_order_;
    Array<double, Space> rates_;  ///< (steps, 3)
    Array<double, Space> squares_, scratch_;
    Array<double, Space> first_, second_, best_;
    Replay<Space> replay_;
    std::vector<Network<Space>> network_;  ///< for training, and for validation where there are such rows
    TrainState state_;
};

}  // namespace

std::vector<int> epoch_order(std::vector<int> rows, std::uint64_t seed, int epoch) {
    shuffle(rows, RandomStream(seed, RandomUse::order, epoch));
    return rows;
}

std::vector<int> validation_rows(int n, const TrainOptions& options) {
    std::vector<int> rows(n);
    std::iota(rows.begin(), rows.end(), 0);
    shuffle(rows, RandomStream(options.seed, RandomUse::validation, 0));
    int held_out = static_cast<int>(std::lround(options.validation_fraction * n));
    if (options.validation_fraction > 0) held_out = std::clamp(held_out, 1, n - 1);
    rows.resize(held_out);
    std::sort(rows.begin(), rows.end());
    return rows;
}

Dataset select_rows(const Dataset& data, std::span<const int> rows) {
    Dataset part;
    const std::size_t m = data.features_per_atom;
    part.features_per_atom = data.features_per_atom;
    part.species_count = data.species_count;
    part.features.reserve(rows.size() * m);
    for (int i : rows) {
        part.features.insert(part.features.end(), data.features.begin() + i * m, data.features.begin() + (i + 1) * m);
        part.target.push_back(data.target[i]);
        if (!data.group.empty()) part.group.push_back(data.group[i]);
        if (!data.species.empty()) part.species.push_back(data.species[i]);
    }
    return part;
}

Dataset select_columns(const Dataset& data, std::span<const int> columns) {
    Dataset part = data;
    part.features_per_atom = static_cast<int>(columns.size());
    part.features.clear();
    part.features.reserve(columns.size() * data.target.size());
    for (std::size_t i = 0; i < data.target.size(); ++i)
        for (const int k : columns) part.features.push_back(data.features[i * data.features_per_atom + k]);
    return part;
}

RateSchedule rate_schedule_from_name(std::string_view name) {
    for (RateSchedule schedule : {RateSchedule::constant, RateSchedule::exponential, RateSchedule::cosine})
        if (name == rate_schedule_name(schedule)) return schedule;
    throw InputError("unknown learning-rate schedule", "\"" + std::string(name) + "\"",
                     "use constant, exponential or cosine");
}

std::string rate_schedule_name(RateSchedule schedule) {
    switch (schedule) {
        case RateSchedule::constant:
            return "constant";
        case RateSchedule::exponential:
            return "exponential";
        case RateSchedule::cosine:
            return "cosine";
    }
    throw Error("unknown learning-rate schedule", "value " + std::to_string(static_cast<int>(schedule)),
                "use constant, exponential or cosine");
}

double learning_rate_at(const TrainOptions& options, int epoch) {
    const double x = options.epochs > 1 ? static_cast<double>(epoch) / (options.epochs - 1) : 0.0;
    switch (options.schedule) {
        case RateSchedule::constant:
            break;
        case RateSchedule::exponential:
            return options.learning_rate * std::pow(options.decay, x);
        case RateSchedule::cosine:
            return options.learning_rate *
                   (options.decay + (1.0 - options.decay) * 0.5 * (1.0 + std::cos(std::numbers::pi * x)));
    }
    return options.learning_rate;
}

template <class Space>
Model train(const Dataset& data, const TrainOptions& options, const TrainCallback& progress, const TrainState* resume) {
    return Training<Space>(data, options, resume).run(progress);
}

template <class Space>
std::vector<double> predict(Space, const Model& model, std::span<const double> features) {
    const std::size_t m = model.inputs();
    if (features.size() % m != 0)
        throw InputError("the descriptors do not fit the model",
                         std::to_string(features.size()) + " numbers are no multiple of the model's " +
                             std::to_string(m) + " features",
                         "use the descriptor that the model was trained on");
    const std::size_t n = features.size() / m;
    std::vector<double> predicted;
    predicted.reserve(n);
    const int most = static_cast<int>(std::min<std::size_t>(n, evaluation_rows));
    if (n == 0) return predicted;
    Network<Space> network(model.layers, model.activation, most);
    network.set_parameters(model.parameters);
    Array<double, Space> targets(most);
    fill_zero(targets);
    const Array<int, Space> as_they_stand;
    for (std::size_t first = 0; first < n; first += most) {
        const int rows = static_cast<int>(std::min<std::size_t>(most, n - first));
        std::vector<double> scaled(rows * m);
        standardise(model, features.data() + first * m, rows, scaled.data());
        const Array<double, Space> inputs = to_space<Space>(scaled);
        network.forward({inputs, targets, as_they_stand, 0, rows});
        const std::vector<double> values = to_host(network.prediction());
        for (int i = 0; i < rows; ++i) predicted.push_back(model.target_mean + model.target_std * values[i]);
    }
    return predicted;
}

std::vector<int> assign_folds(const Dataset& data, int folds, std::uint64_t seed) {
    const int n = data.size();
    if (folds < 2 || n < folds)
        throw InputError("bad cross-validation", std::to_string(folds) + " folds over " + std::to_string(n) + " atoms",
                         "use at least 2 folds and no more than there are atoms");
    const RandomStream stream(seed, RandomUse::folds, 0);
    std::vector<int> fold(n);
    std::map<int, int> fold_of_group;
    for (int g : data.group) fold_of_group[g] = 0;
    if (static_cast<int>(fold_of_group.size()) >= folds) {
        std::vector<int> groups;
        for (const auto& [group, unused] : fold_of_group) groups.push_back(group);
        shuffle(groups, stream);
        for (std::size_t k = 0; k < groups.size(); ++k) fold_of_group[groups[k]] = static_cast<int>(k) % folds;
        for (int i = 0; i < n; ++i) fold[i] = fold_of_group[data.group[i]];
    } else {
        std::vector<int> rows(n);
        std::iota(rows.begin(), rows.end(), 0);
        shuffle(rows, stream);
        for (int k = 0; k < n; ++k) fold[rows[k]] = k % folds;
    }
    return fold;
}

namespace {

Dataset part_of_fold(const Dataset& data, std::span<const int> fold, int which, bool inside) {
    std::vector<int> rows;
    for (int i = 0; i < data.size(); ++i)
        if ((fold[i] == which) == inside) rows.push_back(i);
    return select_rows(data, rows);
}

}  // namespace

Dataset inside_fold(const Dataset& data, std::span<const int> fold, int which) {
    return part_of_fold(data, fold, which, true);
}
Dataset outside_fold(const Dataset& data, std::span<const int> fold, int which) {
    return part_of_fold(data, fold, which, false);
}

#define MG_TRAINING(Space)                                                                                     \
    template Model train<Space>(const Dataset&, const TrainOptions&, const TrainCallback&, const TrainState*); \
    template std::vector<double> predict<Space>(Space, const Model&, std::span<const double>);
MG_INSTANTIATE(MG_TRAINING)

}  // namespace mg
