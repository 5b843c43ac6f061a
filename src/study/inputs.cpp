#include "study/inputs.hpp"

#include <fmt/format.h>

#include "core/macros.hpp"
#include "elastic/features.hpp"
#include "ops/neighbor_means.hpp"
#include "study/results/elastic_file.hpp"
#include "study/surroundings.hpp"

namespace mg::study {
namespace {

/// Rows of several blocks (n, any) side by side.
std::vector<double> side_by_side(const std::vector<std::vector<double>>& blocks, std::size_t n) {
    std::vector<double> rows;
    for (std::size_t i = 0; i < n; ++i)
        for (const std::vector<double>& block : blocks) {
            const auto width = static_cast<std::ptrdiff_t>(block.size() / n);
            const auto row = block.begin() + static_cast<std::ptrdiff_t>(i) * width;
            rows.insert(rows.end(), row, row + width);
        }
    return rows;
}

}  // namespace

InputRecipe input_recipe(const StudyFile& study, bool elastic_model) {
    const StudyFile::Descriptors& d = study.descriptors;
    InputRecipe recipe{d.descriptor()};
    if (d.reads_elastic())
        recipe.elastic = elastic_model ? read_elastic_model(d.elastic_model).model.network : ElasticNetwork{};
    recipe.averages = d.averages;
    recipe.average_reach = d.average_A;
    return recipe;
}

std::vector<std::string> input_names(const InputRecipe& recipe, const std::vector<std::string>& elements) {
    std::vector<std::string> names = feature_names(recipe.descriptor, elements);
    if (recipe.elastic) {
        const std::vector<std::string> further = elastic_feature_names(elements);
        names.insert(names.end(), further.begin(), further.end());
    }
    const std::size_t own = names.size();
    for (int times = 1; times <= recipe.averages; ++times)
        for (std::size_t k = 0; k < own; ++k)
            names.push_back(times == 1 ? fmt::format("mean({})", names[k])
                                       : fmt::format("mean{}({})", times, names[k]));
    return names;
}

template <class Space>
std::optional<Inputs> compute_inputs(const Structure& structure, const InputRecipe& recipe,
                                     const std::vector<std::string>& elements, const std::vector<double>& masses,
                                     const std::function<bool()>& give_up) {
    const auto n = static_cast<std::size_t>(structure.size());
    Features features = compute_features<Space>(structure, recipe.descriptor, elements, masses);
    Inputs inputs{std::move(features.values), std::move(features.counts),
                  surroundings<Space>(structure, elements, masses)};
    if (recipe.elastic) {
        auto further = elastic_features<Space>(*recipe.elastic, structure, elements, inputs.relaxed, give_up);
        if (!further) return std::nullopt;
        inputs.values = side_by_side({inputs.values, std::move(*further)}, n);
    }
    if (recipe.averages == 0) return inputs;
    Structure at_rest = structure;
    at_rest.velocity.clear();
    const Batch<Space> batch = make_batch<Space>({at_rest}, elements, masses);
    std::vector<std::vector<double>> blocks{std::move(inputs.values)};
    Array<double, Space> values = to_space<Space>(blocks[0]), means;
    for (int times = 0; times < recipe.averages; ++times) {
        average_over_neighbors(batch, recipe.average_reach, values, means);
        blocks.push_back(to_host(means));
        std::swap(values, means);
    }
    inputs.values = side_by_side(blocks, n);
    return inputs;
}

#define MG_INPUTS(Space)                                                                                              \
    template std::optional<Inputs> compute_inputs<Space>(const Structure&, const InputRecipe&,                        \
                                                         const std::vector<std::string>&, const std::vector<double>&, \
                                                         const std::function<bool()>&);
MG_INSTANTIATE(MG_INPUTS)

}  // namespace mg::study
