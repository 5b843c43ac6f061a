#include "study/checkpoint.hpp"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <type_traits>

#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace mg::study {

namespace {

namespace fs = std::filesystem;

/// Values as their bytes: what goes on from them is the same program on the same kind of machine.
template <class T>
void put_values(io::H5File& file, const std::string& name, const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    file.write(name, std::span<const unsigned char>(bytes, values.size() * sizeof(T)));
    file.write_attribute(name, "bytes_per_value", static_cast<long>(sizeof(T)));
}

template <class T>
std::vector<T> get_values(const io::H5File& file, const std::string& name) {
    const std::vector<unsigned char> bytes = file.read<unsigned char>(name);
    if (file.read_long(name, "bytes_per_value") != static_cast<long>(sizeof(T)) || bytes.size() % sizeof(T) != 0)
        throw InputError("the checkpoint " + file.path() + " is of another version of the program",
                         name + " has values of another size", "it cannot be used");
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(static_cast<void*>(values.data()), bytes.data(), bytes.size());
    return values;
}

void put_place(io::H5File& file, const Place& at) {
    file.write("/place", std::vector<long>{at.started ? 1L : 0L, at.phase, at.step});
}
void put_history(io::H5File& file, const ThermoHistory& history) {
    for (std::size_t r = 0; r < history.rows.size(); ++r)
        put_values(file, "/history/" + std::to_string(r), history.rows[r]);
    file.write("/replicas", std::vector<long>{static_cast<long>(history.rows.size())});
}
ThermoHistory get_history(const io::H5File& file) {
    ThermoHistory history;
    const long replicas = file.read<long>("/replicas").at(0);
    for (long r = 0; r < replicas; ++r)
        history.rows.push_back(get_values<Thermo>(file, "/history/" + std::to_string(r)));
    return history;
}
void put_frame(io::H5File& file, const std::string& group, const Frame& frame) {
    put_values(file, group + "/position", frame.position);
    put_values(file, group + "/velocity", frame.velocity);
    put_values(file, group + "/energy", frame.energy);
    put_values(file, group + "/box", frame.box);
}
Frame get_frame(const io::H5File& file, const std::string& group) {
    return {get_values<Vec3>(file, group + "/position"), get_values<Vec3>(file, group + "/velocity"),
            get_values<double>(file, group + "/energy"), get_values<Box>(file, group + "/box")};
}
Place get_place(const io::H5File& file) {
    const std::vector<long> v = file.read<long>("/place");
    return {v.at(0) != 0, static_cast<int>(v.at(1)), v.at(2)};
}

}  // namespace

void CheckpointFile::write(const std::function<void(io::H5File&)>& put) const {
    const std::string next = path_ + ".next";
    io::H5File file = io::H5File::create(next, true);
    put(file);
    file.close();
    std::error_code none;
    if (fs::exists(path_, none)) {
        std::error_code error;
        fs::rename(path_, before(), error);
        if (error)
            throw Error("cannot rename " + path_ + " to " + before(), error.message(), "check the output directory");
    }
    io::commit_file(next, path_);
}

bool CheckpointFile::read(const std::function<void(const io::H5File&)>& get,
                          const std::function<void(const std::string&)>& warn) const {
    // A crash between the two renames of write() leaves the newest under `.next`.
    for (const std::string& path : {path_, path_ + ".next", before()}) {
        std::error_code none;
        if (!fs::exists(path, none)) continue;
        try {
            get(io::H5File::open(path, true));
            return true;
        } catch (const std::exception& e) {
            warn(std::string(e.what()) + "; an earlier checkpoint is used, or this part of the work starts again");
        }
    }
    return false;
}

void CheckpointFile::remove() const {
    std::error_code ignored;
    for (const std::string& path : {path_, path_ + ".next", path_ + ".next.tmp", before()}) fs::remove(path, ignored);
}

void put(io::H5File& file, const DynamicsState& s) {
    file.write("/state/id", s.id);
    file.write("/state/species", s.species);
    put_values(file, "/state/position", s.position);
    put_values(file, "/state/velocity", s.velocity);
    put_values(file, "/state/force", s.force);
    put_values(file, "/state/reference_position", s.reference_position);
    put_values(file, "/state/box", s.box);
    put_values(file, "/state/reference_box", s.reference_box);
    put_values(file, "/state/ensemble", s.ensemble);
    put_values(file, "/state/potential_energy", s.potential_energy);
    put_values(file, "/state/virial", s.virial);
    put_values(file, "/state/largest_drift", s.largest_drift);
    put_values(file, "/state/atom_steps", std::vector<double>{s.atom_steps});
}

DynamicsState get_dynamics_state(const io::H5File& file) {
    DynamicsState s;
    s.id = file.read<long>("/state/id");
    s.species = file.read<int>("/state/species");
    s.position = get_values<Vec3>(file, "/state/position");
    s.velocity = get_values<Vec3>(file, "/state/velocity");
    s.force = get_values<Vec3>(file, "/state/force");
    s.reference_position = get_values<Vec3>(file, "/state/reference_position");
    s.box = get_values<Box>(file, "/state/box");
    s.reference_box = get_values<Box>(file, "/state/reference_box");
    s.ensemble = get_values<Ensemble>(file, "/state/ensemble");
    s.potential_energy = get_values<double>(file, "/state/potential_energy");
    s.virial = get_values<Sym3>(file, "/state/virial");
    s.largest_drift = get_values<double>(file, "/state/largest_drift");
    s.atom_steps = get_values<double>(file, "/state/atom_steps").at(0);
    return s;
}

void put(io::H5File& file, const QuenchProgress& p) {
    put_place(file, p.place);
    put_history(file, p.history);
    put_frame(file, "/glass", p.glass);
    put_frame(file, "/relaxed", p.relaxed);
}

QuenchProgress get_quench_progress(const io::H5File& file) {
    QuenchProgress p;
    p.place = get_place(file);
    p.history = get_history(file);
    p.glass = get_frame(file, "/glass");
    p.relaxed = get_frame(file, "/relaxed");
    return p;
}

template <class Space>
void put(io::H5File* file, const Dynamics<Space>& d, const StiffnessProgress<Space>& p) {
    const bool measuring = p.window.first.size() > 0;
    std::vector<Vec3> first;
    std::vector<DisplacementSums> half[2];
    if (measuring) {
        first = d.gather(to_host(p.window.first), false);
        for (int k = 0; k < 2; ++k) half[k] = d.gather(to_host(p.window.half[k]), false);
    }
    if (!file) return;
    put_place(*file, p.place);
    put_history(*file, p.history);
    put_values(*file, "/hold/cell_sum", p.cell_sum);
    file->write("/hold/count", std::vector<long>{p.cell_count});
    file->write("/window/frames", std::vector<long>{p.window.frames[0], p.window.frames[1]});
    if (!measuring) return;
    put_values(*file, "/window/first", first);
    for (int k = 0; k < 2; ++k) put_values(*file, "/window/half_" + std::to_string(k), half[k]);
    for (std::size_t k = 0; k < p.early.size(); ++k) file->write("/window/early/" + std::to_string(k), p.early[k]);
}

template <class Space>
StiffnessProgress<Space> get_stiffness_progress(const io::H5File& file, const Dynamics<Space>& d) {
    StiffnessProgress<Space> p;
    p.place = get_place(file);
    p.history = get_history(file);
    p.cell_sum = get_values<Mat3>(file, "/hold/cell_sum");
    p.cell_count = file.read<long>("/hold/count").at(0);
    const std::vector<long> frames = file.read<long>("/window/frames");
    if (!file.exists("/window/first")) return p;
    p.window.first = to_space<Space>(d.part(get_values<Vec3>(file, "/window/first")));
    for (int k = 0; k < 2; ++k) {
        p.window.half[k] =
            to_space<Space>(d.part(get_values<DisplacementSums>(file, "/window/half_" + std::to_string(k))));
        p.window.frames[k] = frames.at(k);
    }
    p.window.drift.resize(d.batch().replicas);
    for (std::string at; file.exists(at = "/window/early/" + std::to_string(p.early.size()));)
        p.early.push_back(file.read<double>(at));
    return p;
}

void put(io::H5File& file, const TrainState& s) {
    file.write("/train/done", std::vector<long>{s.epochs_done, s.steps_done, s.best_epoch});
    put_values(file, "/train/parameters", s.parameters);
    put_values(file, "/train/first_moment", s.first_moment);
    put_values(file, "/train/second_moment", s.second_moment);
    put_values(file, "/train/best_parameters", s.best_parameters);
    put_values(file, "/train/best_loss", std::vector<double>{s.best_loss});
    put_values(file, "/train/history", s.history);
}

TrainState get_train_state(const io::H5File& file) {
    TrainState s;
    const std::vector<long> done = file.read<long>("/train/done");
    s.epochs_done = static_cast<int>(done.at(0));
    s.steps_done = done.at(1);
    s.best_epoch = static_cast<int>(done.at(2));
    s.parameters = get_values<double>(file, "/train/parameters");
    s.first_moment = get_values<double>(file, "/train/first_moment");
    s.second_moment = get_values<double>(file, "/train/second_moment");
    s.best_parameters = get_values<double>(file, "/train/best_parameters");
    s.best_loss = get_values<double>(file, "/train/best_loss").at(0);
    s.history = get_values<EpochRecord>(file, "/train/history");
    return s;
}

#define MG_CHECKPOINT(Space)                                                                 \
    template void put(io::H5File*, const Dynamics<Space>&, const StiffnessProgress<Space>&); \
    template StiffnessProgress<Space> get_stiffness_progress(const io::H5File&, const Dynamics<Space>&);
MG_INSTANTIATE(MG_CHECKPOINT)

}  // namespace mg::study
