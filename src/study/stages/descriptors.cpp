/// \file The stage `descriptors`: what a network reads of every atom.

#include <fmt/format.h>

#include <algorithm>

#include "core/macros.hpp"
#include "md/harmonic.hpp"
#include "study/context.hpp"
#include "study/inputs.hpp"
#include "study/results/descriptors_file.hpp"
#include "study/results/stiffness_file.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

/// Pairs per second of the shell counts, at least.
constexpr double pairs_per_second = 5e7;

/// Time-averaged positions at the lowest temperature, in the cell they were measured in.
Structure mean_structure(const Context& c, int k) {
    Structure s = c.glass(k);
    const auto f = c.read<StiffnessFile>(k, "stiffness.h5", {"/temperature", "/mean_position", "/cell"});
    const auto t = std::min_element(f.temperature.begin(), f.temperature.end()) - f.temperature.begin();
    std::copy_n(f.mean_position.begin() + t * s.size(), s.size(), s.position.begin());
    s.box = box_of_rows(&f.cell.at(9 * static_cast<std::size_t>(t)));
    return s;
}

template <class Space>
class DescriptorsStage final : public Stage {
public:
    std::string name() const override { return "descriptors"; }
    std::vector<std::string> needs(const StudyFile& study) const override {
        return study.descriptors.positions == DescriptorPositions::mean
                   ? std::vector<std::string>{"quench", "stiffness"}
                   : std::vector<std::string>{"quench"};
    }
    std::string hashed_besides(const StudyFile&) const override { return "surroundings\n"; }
    bool goes_by_samples() const override { return true; }
    StageFiles files() const override { return {{"descriptors.h5"}, {}, {}}; }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        const Descriptor d = study.descriptors.descriptor();
        const auto features = static_cast<double>(input_names(input_recipe(study, false), size.elements).size());
        StageEstimate e{.name = name(), .replicas = static_cast<int>(size.sample_count())};
        e.seconds = size.atoms_of_all * size.atoms_within(d.r_max) / pairs_per_second;
        if (study.descriptors.reads_elastic())  // K, and once more in a strained cell
            e.seconds += 2 * size.sample_count() * harmonic_seconds(static_cast<int>(size.atoms_of_sample()), {});
        e.note = fmt::format("{} features per atom", features);
        e.disk_bytes_per_atom = d.count * static_cast<double>(size.elements.size()) * 4 + features * 8;
        return e;
    }

    void run(Context& c) const override {
        for (const std::string& need : needs(c.study)) c.require(need);
        const InputRecipe recipe = input_recipe(c.study, true);
        c.run_by_sample(samples(c.study), "descriptors.h5", [&](int k) { return describe(c, k, recipe); });
    }

private:
    /// False where it was stopped.
    bool describe(Context& c, int k, const InputRecipe& recipe) const {
        const DescriptorPositions positions = c.study.descriptors.positions;
        const Structure s = positions == DescriptorPositions::mean       ? mean_structure(c, k)
                            : positions == DescriptorPositions::snapshot ? c.glass(k)
                                                                         : c.inherent_structure(k);
        const Descriptor& d = recipe.descriptor;
        std::optional<Inputs> inputs = compute_inputs<Space>(s, recipe, c.potential.elements, c.potential.masses,
                                                             [&] { return c.farm.must_stop(); });
        if (!inputs) return false;
        if (inputs->relaxed)
            c.progress.warn(fmt::format(
                "sample {} is not stable under descriptors.elastic_model; its features are of the sample relaxed by "
                "the laws of that network",
                k));
        DescriptorsFile f;
        f.shell_counts = std::move(inputs->counts);
        f.features = std::move(inputs->values);
        f.around = std::move(inputs->around);
        f.volume_per_atom = s.box.volume / s.size();
        for (int e = 0; e <= d.count; ++e) f.shell_edges.push_back(d.r_min + e * d.step());
        f.kind = d.kind;
        f.positions = io::word_of(positions);
        f.names = input_names(recipe, c.potential.elements);
        f.species = static_cast<std::size_t>(c.potential.species());
        c.write(k, "descriptors.h5", f);
        return true;
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_descriptors_stage() {
    return std::make_unique<DescriptorsStage<Space>>();
}

#define MG_DESCRIPTORS(Space) template std::unique_ptr<Stage> make_descriptors_stage<Space>();
MG_INSTANTIATE(MG_DESCRIPTORS)

}  // namespace mg::study
