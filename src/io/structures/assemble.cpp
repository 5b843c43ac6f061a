#include "io/structures/assemble.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "io/structures/species.hpp"

namespace mg::io {
namespace {

constexpr double cells_away = 1e6;
/// Ids key random numbers and stand in files that know doubles alone.
constexpr long largest_id = 1L << 53;
/// [A/ps] Atoms of a liquid at 20,000 K move at 30; what is faster is in other units.
constexpr double largest_speed = 1e4;

void check_volume(const StructureSource& source, const RawStructure& raw, double volume) {
    double longest = 0;
    for (int k = 0; k < 3; ++k) longest = std::max(longest, norm2(raw.h.column(k)));
    if (!(volume > 1e-9 * longest * std::sqrt(longest)) || !std::isfinite(volume))
        source.fail(raw.cell_line, "the cell has no positive volume", "it is " + shown(volume) + " A^3",
                    "give three lattice vectors that are independent");
}

/// The atoms by ascending id.
std::vector<int> order_of_ids(const StructureSource& source, const RawStructure& raw) {
    for (std::size_t k = 0; k < raw.id.size(); ++k)
        if (raw.id[k] < 1 || raw.id[k] > largest_id)
            source.fail(raw.line[k], "the id of an atom is " + std::to_string(raw.id[k]), "ids go from 1 to 2^53");
    std::vector<int> order(raw.id.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](int a, int b) { return raw.id[a] != raw.id[b] ? raw.id[a] < raw.id[b] : a < b; });
    for (std::size_t k = 1; k < order.size(); ++k)
        if (raw.id[order[k]] == raw.id[order[k - 1]])
            source.fail(raw.line[order[k]], "id " + std::to_string(raw.id[order[k]]) + " occurs twice",
                        "it is also in line " + std::to_string(raw.line[order[k - 1]]));
    return order;
}

/// Names that are all numbers are types: OVITO writes them so where types have no names.
void take_numbers_as_types(const StructureSource& source, RawStructure& raw) {
    if (raw.name.empty() || !std::all_of(raw.name.begin(), raw.name.end(),
                                         [](const std::string& name) { return parse_integer(name).has_value(); }))
        return;
    raw.type.clear();
    for (std::size_t k = 0; k < raw.name.size(); ++k) {
        const long type = *parse_integer(raw.name[k]);
        if (type < 1 || type > largest_type)
            source.fail(raw.line[k], "species " + quoted(raw.name[k]) + " is neither a name nor a type",
                        "types are numbered from 1");
        raw.type.push_back(static_cast<int>(type));
    }
    raw.name.clear();
}

}  // namespace

Structure assemble(const StructureSource& source, RawStructure raw, const std::vector<std::string>& elements) {
    Structure structure;
    // The cell of left-handed vectors is that of right-handed ones in another order.
    if (determinant(raw.h) < 0) raw.h = cell_matrix(raw.h.column(1), raw.h.column(0), raw.h.column(2));
    structure.box = make_box(raw.h);
    structure.origin = raw.origin;
    check_volume(source, raw, structure.box.volume);
    take_numbers_as_types(source, raw);
    const std::vector<int> order = order_of_ids(source, raw);
    resolve_species(source, raw, order, elements, structure);
    for (int k : order) {
        const Vec3 x = raw.position[k];
        // Finite words can still overflow when images and lattice vectors are added.
        if (!std::isfinite(x.x) || !std::isfinite(x.y) || !std::isfinite(x.z))
            source.fail(raw.line[k], "the position of atom " + std::to_string(raw.id[k]) + " is not finite",
                        "it overflows");
        // Wrapped into the cell, such a position would keep too few of its digits to mean anything.
        const Vec3 cells = structure.box.inverse * x;
        if (std::abs(cells.x) > cells_away || std::abs(cells.y) > cells_away || std::abs(cells.z) > cells_away)
            source.fail(raw.line[k], "atom " + std::to_string(raw.id[k]) + " is more than a million cells away",
                        "its position is in A, in or near the cell");
        structure.id.push_back(raw.id[k]);
        structure.position.push_back(x);
        if (raw.velocity.empty()) continue;
        if (!(norm2(raw.velocity[k]) <= largest_speed * largest_speed))
            source.fail(
                raw.line[k],
                "atom " + std::to_string(raw.id[k]) + " moves at " + shown(std::sqrt(norm2(raw.velocity[k]))) + " A/ps",
                "no atom of a solid or liquid is so fast: velocities are in A/ps");
        structure.velocity.push_back(raw.velocity[k]);
    }
    return structure;
}

}  // namespace mg::io
