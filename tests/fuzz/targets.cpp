#include "fuzz/targets.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "config/samples.hpp"
#include "config/study_file.hpp"
#include "core/error.hpp"
#include "io/compressed.hpp"
#include "io/eam_reader.hpp"
#include "io/hdf5.hpp"
#include "io/sha256.hpp"
#include "io/structure_reader.hpp"
#include "io/text.hpp"
#include "nn/model.hpp"
#include "study/checkpoint.hpp"
#include "study/model_file.hpp"
#include "study/results/elastic_file.hpp"
#include "support/oracle.hpp"
#include "support/paths.hpp"

// HDF5 forgets memory where it gives up on a damaged file, and takes no for an answer where it asks for terabytes.
extern "C" const char* __asan_default_options() { return "detect_leaks=0:allocator_may_return_null=1"; }

namespace mg::fuzz {
namespace {

void promise(bool kept, const char* what) {
    if (!kept) throw std::logic_error(what);
}

/// A file in memory with these bytes.
std::string file_of(std::string_view bytes) {
    static const int fd = memfd_create("fuzz", 0);
    promise(ftruncate(fd, 0) == 0 && pwrite(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
            "a file in memory");
    return "/proc/self/fd/" + std::to_string(fd);
}

/// body(), which may refuse the input.
template <class Body>
void reads(const Body& body) {
    try {
        body();
    } catch (const InputError&) {
    }
}

// ---- Potentials

void look_at(const EamPotential& p) {
    const std::size_t n = p.elements.size();
    promise(
        n > 0 && p.masses.size() == n && p.embedding.size() == n && p.density.size() == n * n && p.pair.size() == n * n,
        "a table for each element and pair");
    for (const auto* tables : {&p.embedding, &p.density, &p.pair})
        for (const std::vector<double>& t : *tables) {
            promise(t.size() == static_cast<std::size_t>(tables == &p.embedding ? p.nrho : p.nr), "size of a table");
            for (const double x : t) promise(std::abs(x) < 1e100, "a table that is finite");
        }
    for (const double m : p.masses) promise(m >= 0.5 && m <= 400, "a mass");
    promise(p.cutoff > 0 && std::isfinite(p.cutoff), "a cutoff");
}
void potential(std::string_view bytes) {
    reads([&] { look_at(io::parse_potential("x.eam.alloy", std::string(bytes))); });
    reads([&] { look_at(io::parse_potential("x.eam.fs", std::string(bytes), {"Cu", "Zr"})); });
}

// ---- Structures

void look_at(const Structure& s) {
    const std::size_t n = s.position.size();
    promise(n > 0 && s.id.size() == n && s.species.size() == n && (s.velocity.empty() || s.velocity.size() == n),
            "as many of each as atoms");
    promise(s.masses.empty() || s.masses.size() == s.elements.size(), "as many masses as elements");
    for (std::size_t k = 0; k < n; ++k) {
        promise(s.id[k] >= 1 && s.id[k] <= 1L << 53 && (k == 0 || s.id[k] > s.id[k - 1]), "ids that rise");
        promise(s.species[k] >= 0 && s.species[k] < static_cast<int>(s.elements.size()), "a species");
        promise(std::isfinite(norm2(s.position[k])), "a finite position");
        promise(s.velocity.empty() || norm2(s.velocity[k]) <= 1e8, "a velocity of an atom");
    }
    promise(s.box.volume > 0 && std::isfinite(s.box.volume), "a volume");
    for (const double x : s.box.inverse.m) promise(std::isfinite(x), "an inverse of the cell");
    for (const double m : s.masses) promise(m > 0 && std::isfinite(m), "a mass");
    promise(std::set<std::string>(s.elements.begin(), s.elements.end()).size() == s.elements.size(),
            "elements that differ");
}
void structure(std::string_view bytes) {
    const std::string path = file_of(bytes);
    reads([&] { look_at(io::read_structure(path)); });
    reads([&] { look_at(io::read_structure(path, {"Cu", "Zr"})); });
    reads([&] { look_at(io::read_structure(path, {"Cu", "Zr", "Cu"})); });
    reads([&] { io::read_property(path, "eb"); });
}

// ---- Study files. A first line "#set a.b=c" is an override.

void study(std::string_view bytes) {
    std::vector<std::string> overrides;
    if (bytes.starts_with("#set ")) overrides.emplace_back(bytes.substr(5, bytes.find('\n') - 5));
    reads([&] {
        const StudyFile f = read_study(file_of(bytes), overrides);
        const std::string text = resolved_toml(f);
        samples_of(f);
        StudyFile again;
        try {
            again = read_study(file_of(text));
        } catch (const InputError& e) {
            throw std::logic_error(std::string("resolved settings that are settings: ") + e.what());
        }
        promise(resolved_toml(again) == text, "resolved settings that resolve to themselves");
    });
}

// ---- Files of HDF5. The bytes are sealed here, so that they get past the hash.

std::string sealed(std::string_view image) {
    std::string block =
        "mgstiff-gpu sealed HDF5\nlength " + std::to_string(image.size()) + "\nsha256 " + io::sha256_of(image) + "\n";
    block.resize(512, '\0');
    return block.append(image);
}
void model(std::string_view bytes) {
    const std::string path = file_of(sealed(bytes));
    reads([&] {
        const study::ModelFile m = study::read_model(path);
        promise(!m.ensemble.empty(), "a network");
        for (const Model& n : m.ensemble)
            for (const double x : n.parameters) promise(std::isfinite(x), "finite weights");
    });
    reads([&] {
        const study::ElasticModelFile m = study::read_elastic_model(path);
        promise(m.model.network.parameter.size() == static_cast<std::size_t>(m.model.network.shape().parameters()),
                "as many parameters as laws need");
    });
}
Dynamics<Host>& small_dynamics() {
    static const EamPotential potential = oracle::analytic_potential(2, true);
    static Dynamics<Host> dynamics(
        make_batch<Host>({oracle::triclinic_alloy(4, 2, 31, 3.55, 0.05, 0.02)}, potential.elements, potential.masses),
        potential, Precision::full, 0.5);
    return dynamics;
}
void checkpoint(std::string_view bytes) {
    Dynamics<Host>& dynamics = small_dynamics();
    static const DynamicsState before = dynamics.state();
    // Whoever reads checkpoints takes any exception for one that cannot be used (CheckpointFile::read).
    const std::string path = file_of(sealed(bytes));
    const auto tries = [&](const auto& get) {
        try {
            get(io::H5File::open(path, true));
        } catch (const std::exception&) {
        }
    };
    tries([&](const io::H5File& f) { dynamics.restore(study::get_dynamics_state(f)); });
    dynamics.restore(before);
    tries([](const io::H5File& f) { study::get_quench_progress(f); });
    tries([&](const io::H5File& f) { study::get_stiffness_progress(f, dynamics); });
    tries([](const io::H5File& f) { study::get_train_state(f); });
}

// ---- Packed files

void packed(std::string_view bytes) {
    io::UnpackLimits limits;
    limits.free = 4 << 20;
    reads([&] {
        const std::string text = io::read_text(file_of(bytes), limits);
        promise(text.size() <= std::max<std::size_t>(4 << 20, 200 * bytes.size()), "a limit of what is unpacked");
    });
}

// ---- Good inputs

std::vector<std::string> no_seeds() { return {}; }

/// The studies that are shipped, with the potential's path, and with a change.
std::vector<std::string> study_seeds() {
    std::vector<std::string> seeds;
    for (const char* name :
         {"jobs/quick.toml", "jobs/paper.toml", "jobs/rates.toml", "tests/support/small_study.toml"}) {
        std::string text = io::read_bytes(source_path(name));
        const std::size_t begin = text.find("potential = ") + 12, end = text.find('"', begin + 1) + 1;
        text.replace(begin, end - begin, '"' + source_path("jobs/potentials/Cu-Zr_2.eam.fs") + '"');
        seeds.push_back(text);
        seeds.push_back("#set train.epochs=3\n" + text);
    }
    return seeds;
}

/// What write(path) writes there, without the seal.
template <class Write>
std::string image_of(const Write& write) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    write(path);
    return io::read_bytes(path).substr(512);
}
template <class Put>
std::string checkpoint_of(const Put& put) {
    return image_of([&](const std::string& path) {
        io::H5File f = io::H5File::create(path, true);
        put(f);
        f.close();
    });
}

std::vector<std::string> model_seeds() {
    study::ModelFile f;
    Model m;
    m.layers = make_layers(3, {4, 2});
    m.parameters = initial_parameters(m.layers, 1);
    m.input_mean = m.input_std = {1, 2, 3};
    m.history = {{0, 1e-3, 0.9, 0.95}};
    f.ensemble = {m};
    f.descriptor = {"rdf", 2.0, 2.6, 3, 0.15};
    f.positions = "mean";
    f.elements = {"Cu"};
    f.masses = {63.546};
    f.potential_name = "toy.eam.fs";
    f.potential_bytes = {1, 2, 3};
    f.potential_sha256 = io::sha256_of("\1\2\3");
    f.training_sha256 = io::sha256_of("training");
    f.metrics_json = f.provenance_json = "{}";
    f.errors.species = {{{0.5, 0.75, 1.0}, {0.1, 0.2, 0.3}}};
    f.errors.interval_90 = 1.7;
    return {image_of([&](const std::string& path) { study::write_model(path, f); }),
            io::read_bytes(source_path("jobs/models/cuzr-elastic.h5")).substr(512)};
}

std::vector<std::string> checkpoint_seeds() {
    Dynamics<Host>& d = small_dynamics();
    const DynamicsState state = d.state();
    DynamicsState shorter = state;
    shorter.position.pop_back();
    study::QuenchProgress quench;
    quench.history.rows = {{Thermo{}}};
    quench.glass = {state.position, state.velocity, {1.0}, state.box};
    study::StiffnessProgress<Host> stiffness;
    stiffness.cell_sum = {Mat3{}};
    start_window(d.batch(), stiffness.window);
    stiffness.early = {{1.0, 2.0}};
    TrainState train;
    train.parameters = train.first_moment = train.second_moment = train.best_parameters = {1, 2, 3};
    train.history = {{0, 1e-3, 0.9, 0.95}};
    return {checkpoint_of([&](io::H5File& f) { study::put(f, state); }),
            checkpoint_of([&](io::H5File& f) { study::put(f, shorter); }),
            checkpoint_of([&](io::H5File& f) { study::put(f, quench); }),
            checkpoint_of([&](io::H5File& f) { study::put(&f, d, stiffness); }),
            checkpoint_of([&](io::H5File& f) { study::put(f, train); })};
}

}  // namespace

const std::vector<Target>& targets() {
    static const std::vector<Target> list = {{"potential", true, potential, no_seeds},
                                             {"structure", true, structure, no_seeds},
                                             {"study", true, study, study_seeds},
                                             {"model", false, model, model_seeds},
                                             {"checkpoint", false, checkpoint, checkpoint_seeds},
                                             {"packed", false, packed, no_seeds}};
    return list;
}

}  // namespace mg::fuzz
