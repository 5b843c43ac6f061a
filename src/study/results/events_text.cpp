#include "study/results/events_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "io/xyz_writer.hpp"
#include "study/results/event_fields.hpp"

namespace mg::study {

namespace {

/// A field of an event as text of the column's width.
struct CellText {
    const Event& e;
    const std::vector<long>& id;

    template <class T>
    std::string operator()(const EventColumn& c, T Event::*member) const {
        return fmt::format("{:>{}}", e.*member, c.width);
    }
    std::string operator()(const EventColumn& c, double Event::*member) const { return number(c, e.*member); }
    std::string operator()(const EventColumn& c, IfAccepted kind) const {
        return number(c, e.accepted() ? e.*kind.value : 0.0);
    }
    std::string operator()(const EventColumn& c, AtomOfEvent kind) const {
        const int atom = e.*kind.index;
        return fmt::format("{:>{}}", atom < 0 ? -1 : id.at(atom), c.width);
    }
    std::string operator()(const EventColumn& c, SearchStatus Event::*member) const {
        return fmt::format("{:<{}}", search_status_names().at(static_cast<std::size_t>(e.*member)), c.width);
    }
    std::string operator()(const EventColumn&, CostOfEvent) const { return {}; }

    static std::string number(const EventColumn& c, double value) {
        return fmt::format("{:>{}.{}f}", value, c.width, c.digits);
    }
};

/// A line of cells; cell(column, field, kind) is the text of one.
template <class Cell>
std::string table_line(const Cell& cell) {
    std::map<int, std::string> cells;  // by place
    for_each_event_field([&](const EventField& f, auto kind) {
        if (f.column.place > 0) cells[f.column.place] = cell(f, kind);
    });
    std::string line;
    for (const auto& [place, text] : cells) line += (place > 1 ? " " : "") + text;
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

/// Headings and units stand as the values below them do.
std::string aligned(const EventColumn& c, const std::string& text, SearchStatus Event::*) {
    return fmt::format("{:<{}}", text, c.width);
}
template <class Kind>
std::string aligned(const EventColumn& c, const std::string& text, Kind) {
    return fmt::format("{:>{}}", text, c.width);
}

}  // namespace

std::string events_table(const std::vector<CenterEvents>& centers, const std::vector<long>& id) {
    std::string text =
        table_line([](const EventField& f, auto kind) { return aligned(f.column, f.column.heading, kind); });
    text += table_line(
        [](const EventField& f, auto kind) { return aligned(f.column, *f.unit ? f.unit : f.column.below, kind); });
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events)
            text += table_line([&](const EventField& f, auto kind) { return CellText{e, id}(f.column, kind); });
    return text;
}

std::string events_xyz(const std::string& path, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                       int most) {
    std::vector<const Event*> chosen;
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events)
            if (e.accepted() && e.duplicate_of < 0) chosen.push_back(&e);
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const Event* a, const Event* b) { return a->barrier < b->barrier; });
    std::string text;
    const int n = static_cast<int>(chosen.size()), frames = std::min(n, most);
    for (int k = 0; k < frames; ++k) {
        const Event& e = *chosen[frames > 1 ? static_cast<long>(k) * (n - 1) / (frames - 1) : 0];
        io::XyzColumn saddle{"disp", 3, std::vector<double>(3 * minimum.structure.position.size())};
        io::XyzColumn final_state{"final_disp", 3, std::vector<double>(3 * minimum.structure.position.size())};
        for (std::size_t m = 0; m < e.atom.size(); ++m)
            for (const auto& [column, u] :
                 {std::pair{&saddle, e.saddle[m]}, std::pair{&final_state, e.final_state[m]}}) {
                double* const to = &column->values[3 * static_cast<std::size_t>(e.atom[m])];
                to[0] = u.x, to[1] = u.y, to[2] = u.z;
            }
        text += io::xyz_text(path, minimum.structure, {saddle, final_state},
                             fmt::format("center={} attempt={} barrier_eV={:.5f} final_energy_eV={:.5f}",
                                         minimum.structure.id.at(e.center), e.attempt, e.barrier, e.final_energy));
    }
    return text;
}

}  // namespace mg::study
