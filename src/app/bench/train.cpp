/// \file `bench train`: how fast a network is trained here.

#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

#include "app/bench/arguments.hpp"
#include "app/bench/kinds.hpp"
#include "app/bench/measure.hpp"
#include "app/bench/system.hpp"
#include "core/build_info.hpp"
#include "core/random.hpp"
#include "io/hdf5.hpp"
#include "nn/training.hpp"
#include "ops/blas.hpp"

namespace mg {

namespace {

struct TrainArguments {
    long samples = 176868;  // nine of the paper's samples
    int features = 40;
    std::vector<int> hidden{200};
    std::string activation = "relu", backend = "auto", json, data;
    int batch = 256, epochs = 5;
    double learning_rate = 1e-3;
};

void check_arguments(const TrainArguments& a) {
    require_range("--samples", a.samples, 2L, 100'000'000L);
    require_range("--features", a.features, 1, 100'000);
    require_range("--batch", a.batch, 1, 10'000'000);
    require_range("--epochs", a.epochs, 2, 1'000'000);
    for (const int width : a.hidden) require_range("--hidden", width, 1, 1'000'000);
    if (!(a.learning_rate > 0 && a.learning_rate <= 10))
        throw InputError(fmt::format("--learning-rate {} is out of range", a.learning_rate), "it takes 0 to 10",
                         "give a number in that range");
}

/// Independent normal features, and a target of the size and spread of stiffness that is a smooth function of a few of
/// them, with noise.
Dataset made_up(const TrainArguments& a) {
    Dataset data;
    data.features_per_atom = a.features;
    const RandomStream stream(bench_seed, RandomUse::weights, 1u << 30);
    const auto n = static_cast<std::size_t>(a.samples), m = static_cast<std::size_t>(a.features);
    data.features.resize(n * m);
    data.target.resize(n);
#pragma omp parallel for schedule(static)
    for (std::size_t i = 0; i < n; ++i) {
        double* const x = &data.features[i * m];
        double sum = 0;
        for (std::size_t j = 0; j < m; ++j) {
            x[j] = stream.normal(i * (m + 1) + j);
            sum += x[j] * std::cos(static_cast<double>(j));
        }
        data.target[i] = 0.6 + 0.15 * std::tanh(sum / std::sqrt(0.5 * static_cast<double>(m))) +
                         0.05 * stream.normal(i * (m + 1) + m);
    }
    return data;
}

/// Samples, first weights and the order of every epoch, so that another program can make the same steps.
void write_data(const std::string& path, const TrainArguments& a, const Dataset& data, const Layers& layers) {
    io::H5File f = io::H5File::create(path);
    f.write("/features", data.features, {static_cast<std::size_t>(a.samples), static_cast<std::size_t>(a.features)});
    f.write("/target", data.target);
    f.write("/initial_parameters", initial_parameters(layers, bench_seed));
    f.write_attribute("/initial_parameters", "layout",
                      "layer after layer, row-major (outputs, inputs + 1); the last column is the bias");
    std::vector<int> rows(a.samples), order;
    for (int i = 0; i < static_cast<int>(a.samples); ++i) rows[i] = i;
    for (int e = 0; e < a.epochs; ++e) {
        const std::vector<int> of_epoch = epoch_order(rows, bench_seed, e);
        order.insert(order.end(), of_epoch.begin(), of_epoch.end());
    }
    f.write("/order", order, {static_cast<std::size_t>(a.epochs), static_cast<std::size_t>(a.samples)});
    f.close();
}

/// Floating-point operations of an epoch: forward, back to the weights, and back to the inputs of all layers but the
/// first.
double flops_of_epoch(const Layers& layers, long samples) {
    double weights = 0;
    for (int l = 0; l < layers.count(); ++l) weights += static_cast<double>(layers.inputs(l)) * layers.outputs(l);
    return static_cast<double>(samples) * (6 * weights - 2.0 * layers.inputs(0) * layers.outputs(0));
}

/// What the benchmark ran on and with.
template <class Space>
Json described(const TrainArguments& a, const Layers& layers) {
    Json j;
    j["benchmark"] = "train";
    j["version"] = build::version;
    j["git"] = build::git;
    j["backend"] = Space::name;
    j["device"] = device_name(std::is_same_v<Space, Cuda>);
    j["threads"] = omp_get_max_threads();
    j["blas"] = build::blas;
    j["blas_core"] = blas_core();
    j["precision"] = "double";
    j["samples"] = a.samples;
    j["features"] = a.features;
    j["hidden"] = a.hidden;
    j["activation"] = a.activation;
    j["batch"] = a.batch;
    j["epochs"] = a.epochs;
    j["learning_rate"] = a.learning_rate;
    j["parameters"] = layers.parameter_count();
    return j;
}

template <class Space>
Json bench_train(const TrainArguments& a) {
    const Dataset data = made_up(a);
    TrainOptions o;
    o.hidden = a.hidden;
    o.activation = activation_from_name(a.activation);
    o.epochs = a.epochs;
    o.batch = a.batch;
    o.learning_rate = a.learning_rate;
    o.schedule = RateSchedule::constant;
    o.validation_fraction = 0;
    o.seed = bench_seed;
    const Layers layers = make_layers(a.features, a.hidden);
    if (!a.data.empty()) write_data(a.data, a, data, layers);
    std::vector<double> seconds;
    auto before = std::chrono::steady_clock::now();
    bool captured = false;
    const Model model = train<Space>(data, o, [&](const TrainProgress& p) {
        captured = p.captured;
        const auto now = std::chrono::steady_clock::now();
        seconds.push_back(std::chrono::duration<double>(now - before).count());
        before = now;
        return true;
    });
    // The first epoch holds the copies and the first touch of everything.
    std::vector<double> steady(seconds.begin() + 1, seconds.end());
    std::sort(steady.begin(), steady.end());
    const double median = steady[steady.size() / 2];
    Json j = described<Space>(a, layers);
    j["epoch_s"] = median;
    j["epoch_s_min"] = steady.front();
    j["epoch_s_max"] = steady.back();
    j["first_epoch_s"] = seconds.front();
    j["cuda_graph"] = captured;
    j["samples_per_s"] = static_cast<double>(a.samples) / median;
    j["gflop_per_s"] = flops_of_epoch(layers, a.samples) / median * 1e-9;
    Json losses = Json::array();
    for (const EpochRecord& e : model.history) losses.push_back(e.training_loss);
    j["loss"] = losses;
    std::cerr << fmt::format(
        "{}-{}-1, {} samples in batches of {}, {}: {:.3g} samples/s, {:.3g} GFLOP/s, {:.4g} s per "
        "epoch ({:.4g} to {:.4g})\n",
        a.features, fmt::join(a.hidden, "-"), a.samples, a.batch, j["device"].get<std::string>(),
        j["samples_per_s"].get<double>(), j["gflop_per_s"].get<double>(), median, steady.front(), steady.back());
    return j;
}

}  // namespace

void add_bench_train(CLI::App& bench, Comm& world) {
    const auto a = std::make_shared<TrainArguments>();
    CLI::App* command = bench.add_subcommand("train", "training of a network on made-up samples, in double");
    command->add_option("--samples", a->samples, "rows of the data set")->capture_default_str();
    command->add_option("--features", a->features, "inputs of the network")->capture_default_str();
    command->add_option("--hidden", a->hidden, "widths of the hidden layers, e.g. 200,200")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_option("--activation", a->activation, "relu, sigmoid or tanh")
        ->check(CLI::IsMember({"relu", "sigmoid", "tanh"}))
        ->capture_default_str();
    command->add_option("--batch", a->batch, "rows of a step")->capture_default_str();
    command->add_option("--epochs", a->epochs, "epochs, of which the first is not timed")->capture_default_str();
    command->add_option("--learning-rate", a->learning_rate, "of Adam, constant")->capture_default_str();
    command->add_option("--backend", a->backend, "auto, host or cuda")->check(CLI::IsMember({"auto", "host", "cuda"}));
    command->add_option("--write-data", a->data,
                        "HDF5 file that gets the samples, the first weights and the order of every epoch, so that "
                        "another program can make the same steps");
    command->add_option("--json", a->json, "file that gets the JSON as well");
    command->callback([a, &world] {
        if (world.rank() != 0) return;
        check_arguments(*a);
        run_and_say(a->backend, a->json, world, [&](auto space) { return bench_train<decltype(space)>(*a); });
    });
}

}  // namespace mg
