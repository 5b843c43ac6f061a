#include "study/results/events_file.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/error.hpp"
#include "study/results/event_fields.hpp"
#include "study/results/glass_file.hpp"

namespace mg::study {

namespace {

/// Writes a field of all events as a dataset of the group, event by event.
class FieldWriter {
public:
    FieldWriter(io::H5File& file, const std::string& group, const std::vector<CenterEvents>& centers,
                const std::vector<long>& id)
        : file_(file), group_(group), centers_(centers), id_(id) {}

    template <class T>
    void operator()(const EventField& f, T Event::*member) const {
        column<T>(f, [&](const Event& e) { return e.*member; });
    }
    void operator()(const EventField& f, SearchStatus Event::*member) const {
        column<int>(f, [&](const Event& e) { return static_cast<int>(e.*member); });
        file_.write_attribute(path(f), "names", search_status_names());
    }
    void operator()(const EventField& f, IfAccepted kind) const {
        column<double>(f, [&](const Event& e) { return e.accepted() ? e.*kind.value : 0.0; });
    }
    void operator()(const EventField& f, AtomOfEvent kind) const {
        column<long>(f, [&](const Event& e) { return named(e.*kind.index); });
    }
    void operator()(const EventField& f, CostOfEvent) const {
        std::vector<long> cost;
        for_each_event([&](const Event& e) { cost.insert(cost.end(), std::begin(e.cost), std::end(e.cost)); });
        put(f, cost, {cost.size() / search_costs, static_cast<std::size_t>(search_costs)});
        file_.write_attribute(path(f), "names", search_cost_names());
    }

    /// Displacements of all events one behind the other; event k has those from first[k] to first[k + 1].
    void displacements() const {
        std::vector<long> first{0}, atom;
        for_each_event([&](const Event& e) {
            for (const int i : e.atom) atom.push_back(named(i));
            first.push_back(static_cast<long>(atom.size()));
        });
        put({"first_displacement"}, first);
        put({"displaced_atom"}, atom);
        for_each_event_displacement([&](const EventField& f, std::vector<Vec3> Event::*member) {
            std::vector<float> values;
            for_each_event([&](const Event& e) {
                for (const Vec3 u : e.*member)
                    for (const double x : {u.x, u.y, u.z}) values.push_back(static_cast<float>(x));
            });
            put(f, values, {atom.size(), 3});
        });
    }

private:
    std::string path(const EventField& f) const { return group_ + "/" + f.name; }
    long named(int atom) const { return atom < 0 ? -1L : id_.at(atom); }

    template <class F>
    void for_each_event(const F& f) const {
        for (const CenterEvents& c : centers_)
            for (const Event& e : c.events) f(e);
    }
    template <class T, class F>
    void column(const EventField& f, const F& of) const {
        std::vector<T> values;
        for_each_event([&](const Event& e) { values.push_back(of(e)); });
        put(f, values);
    }
    template <class T>
    void put(const EventField& f, const std::vector<T>& values, std::vector<std::size_t> dims = {}) const {
        file_.write(path(f), values, std::move(dims), f.unit);
        if (*f.what) file_.write_attribute(path(f), "what", f.what);
    }

    io::H5File& file_;
    const std::string& group_;
    const std::vector<CenterEvents>& centers_;
    const std::vector<long>& id_;
};

/// Reads a field of all events, which are there already.
class FieldReader {
public:
    FieldReader(const io::H5File& file, const std::string& group, const std::vector<long>& id,
                std::vector<Event>& events)
        : file_(file), group_(group), id_(id), events_(events) {}

    template <class T>
    void operator()(const EventField& f, T Event::*member) const {
        column<long>(f, [&](Event& e, long value) { e.*member = static_cast<T>(value); });
    }
    void operator()(const EventField& f, double Event::*member) const {
        column<double>(f, [&](Event& e, double value) { e.*member = value; });
    }
    void operator()(const EventField& f, IfAccepted kind) const { (*this)(f, kind.value); }
    void operator()(const EventField& f, AtomOfEvent kind) const {
        column<long>(f, [&](Event& e, long name) { e.*kind.index = index(name); });
    }
    void operator()(const EventField& f, CostOfEvent) const {
        const std::vector<long> cost = values<long>(f);
        for (std::size_t k = 0; k < events_.size(); ++k)
            for (int c = 0; c < search_costs; ++c) events_[k].cost[c] = cost.at(search_costs * k + c);
    }

    void displacements() const {
        const std::vector<long> first = values<long>({"first_displacement"}), atom = values<long>({"displaced_atom"});
        for (std::size_t k = 0; k < events_.size(); ++k)
            for (long m = first.at(k); m < first.at(k + 1); ++m) events_[k].atom.push_back(index(atom.at(m)));
        for_each_event_displacement([&](const EventField& f, std::vector<Vec3> Event::*member) {
            const std::vector<Vec3> all = file_.read_vectors(group_ + "/" + f.name);
            for (std::size_t k = 0; k < events_.size(); ++k)
                for (long m = first.at(k); m < first.at(k + 1); ++m) (events_[k].*member).push_back(all.at(m));
        });
    }

private:
    int index(long name) const {
        if (name < 0) return -1;
        const auto at = std::lower_bound(id_.begin(), id_.end(), name);
        if (at == id_.end() || *at != name)
            throw InputError(file_.path() + " names atom " + std::to_string(name), "there is none", "remove the file");
        return static_cast<int>(at - id_.begin());
    }
    template <class T>
    std::vector<T> values(const EventField& f) const {
        return file_.read<T>(group_ + "/" + f.name);
    }
    template <class T, class F>
    void column(const EventField& f, const F& take) const {
        const std::vector<T> all = values<T>(f);
        for (std::size_t k = 0; k < events_.size(); ++k) take(events_[k], all.at(k));
    }

    const io::H5File& file_;
    const std::string& group_;
    const std::vector<long>& id_;
    std::vector<Event>& events_;
};

}  // namespace

void put_events(io::H5File& f, const std::string& group, const std::vector<CenterEvents>& centers,
                const std::vector<long>& id) {
    const FieldWriter write(f, group, centers, id);
    for_each_event_field(write);
    write.displacements();
}

std::vector<CenterEvents> get_events(const io::H5File& f, const std::string& group, const std::vector<long>& id) {
    std::vector<Event> events(f.dims(group + "/attempt").at(0));
    const FieldReader read(f, group, id, events);
    for_each_event_field(read);
    read.displacements();
    std::vector<CenterEvents> centers;
    for (Event& e : events) {
        if (centers.empty() || centers.back().center != e.center) centers.push_back({e.center, {}});
        centers.back().events.push_back(std::move(e));
    }
    return centers;
}

void put_minimum(io::H5File& f, const Minimum& m) {
    f.write("/minimum/id", m.structure.id);
    f.write("/minimum/species", m.structure.species);
    f.write("/minimum/position", m.structure.position, "A");
    f.write("/minimum/cell", cell_rows(m.structure.box), {3, 3}, "A");
    f.write("/minimum/embedding_density", m.density);
    f.write_attribute("/minimum", "energy_eV", m.energy);
}

Minimum get_minimum(const io::H5File& f, const std::vector<std::string>& elements, const std::vector<double>& masses) {
    Minimum m;
    m.structure.elements = elements;
    m.structure.masses = masses;
    m.structure.id = f.read<long>("/minimum/id");
    m.structure.species = f.read<int>("/minimum/species");
    m.structure.position = f.read_vectors("/minimum/position");
    m.structure.box = box_of_rows(f.read<double>("/minimum/cell").data());
    m.density = f.read<double>("/minimum/embedding_density");
    m.energy = f.read_double("/minimum", "energy_eV");
    return m;
}

}  // namespace mg::study
