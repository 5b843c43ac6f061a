/// \file The stage `descriptors`: what a network reads of every atom.

#include <fmt/format.h>

#include <algorithm>

#include "core/macros.hpp"
#include "descriptors/kinds.hpp"
#include "study/context.hpp"
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
    StageFiles files() const override { return {{"descriptors.h5"}, {}, {}}; }

    StageEstimate estimate(const StudyFile& study, const StudySize& size) const override {
        const Descriptor d = study.descriptors.descriptor();
        const auto features = static_cast<double>(feature_names(d, size.elements).size());
        StageEstimate e{.name = name(), .replicas = static_cast<int>(size.sample_count())};
        e.seconds = size.atoms_of_all * size.atoms_within(d.r_max) / pairs_per_second;
        e.note = fmt::format("{} features per atom", features);
        e.disk_bytes_per_atom = d.count * static_cast<double>(size.elements.size()) * 4 + features * 8;
        return e;
    }

    void run(Context& c) const override {
        for (const std::string& need : needs(c.study)) c.require(need);
        c.run_by_sample(samples(c.study), "descriptors.h5", [&](int k) {
            describe(c, k);
            return true;
        });
    }

private:
    void describe(const Context& c, int k) const {
        const DescriptorPositions positions = c.study.descriptors.positions;
        const Structure s = positions == DescriptorPositions::mean       ? mean_structure(c, k)
                            : positions == DescriptorPositions::snapshot ? c.glass(k)
                                                                         : c.inherent_structure(k);
        const Descriptor d = c.study.descriptors.descriptor();
        Features features = compute_features<Space>(s, d, c.potential.elements, c.potential.masses);
        DescriptorsFile f;
        f.shell_counts = std::move(features.counts);
        f.features = std::move(features.values);
        for (int e = 0; e <= d.count; ++e) f.shell_edges.push_back(d.r_min + e * d.step());
        f.kind = d.kind;
        f.positions = io::word_of(positions);
        f.names = feature_names(d, c.potential.elements);
        f.species = static_cast<std::size_t>(c.potential.species());
        c.write(k, "descriptors.h5", f);
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
