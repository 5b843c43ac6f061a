#pragma once
/// \file The study file: TOML that a user writes, checked whole, with every default filled in.
///
/// Members bear the names and the units of the keys (`timestep_fs` is in fs); stages convert to internal units.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mg {

/// A key that takes a word, a number or a list.
struct Selection {
    enum class Kind { word, number, list };
    Kind kind = Kind::word;
    std::string word;        ///< "all" or "test"
    double number = 0;       ///< a fraction in (0, 1]
    std::vector<long> list;  ///< of samples or of atom ids

    bool operator==(const Selection&) const = default;
};

struct StudyFile {
    struct Study {
        std::string name;        ///< default: the file's name without its end
        std::uint64_t seed = 1;  ///< every random number of the study follows from it; at most 2^63 - 1
        std::string output;      ///< directory, relative to where the program runs; default "out/" + name
        bool operator==(const Study&) const = default;
    };
    /// Either elements, fractions and atoms, or structures (no quench: start from these).
    struct System {
        std::vector<std::string> elements;    ///< chemical symbols; may be empty with structures that name theirs
        std::vector<double> fractions;        ///< (elements) positive, sum 1
        int atoms = 0;                        ///< of a sample: 4 nx ny nz, an fcc start lattice
        std::vector<std::string> structures;  ///< absolute paths
        std::string potential;                ///< absolute path
        // Not keys: read_study hashes the files, so that results know when their inputs changed.
        std::string potential_sha256;
        std::vector<std::string> structure_sha256;  ///< (structures)
        bool operator==(const System&) const = default;
    };
    struct Compute {
        std::string backend = "auto";           ///< "auto", "host" or "cuda"
        std::string precision = "mixed";        ///< "mixed" or "double"
        std::optional<int> replicas_per_batch;  ///< empty: "auto"
        std::optional<double> skin_A;           ///< empty: "auto"
        int domains = 1;                        ///< ranks per replica
        double checkpoint_minutes = 10;         ///< between checkpoints
        bool operator==(const Compute&) const = default;
    };
    struct Quench {
        int samples = 10;
        double rate_K_per_s = 1e10;
        std::vector<double> test_rates_K_per_s;  ///< further testing sets
        int samples_per_test_rate = 1;
        double melt_K = 2000;
        double melt_ps = 100;
        double final_K = 50;
        double timestep_fs = 2;  ///< of the stiffness runs too, as pressure and cell are
        double pressure_GPa = 0;
        std::string cell = "iso";  ///< "iso", "aniso" or "tri"
        bool operator==(const Quench&) const = default;
    };
    struct Stiffness {
        std::vector<double> temperatures_K{50, 100, 150, 200, 250, 300};
        double equilibrate_ps = 20;  ///< of the ramp, and again of the hold
        double window_ps = 100;
        double sample_every_fs = 50;              ///< a whole number of time steps; default: the one nearest 50 fs
        std::string estimator = "mean_position";  ///< or "first_frame"
        int seeds = 1;                            ///< runs per sample and temperature with velocities of their own
        bool operator==(const Stiffness&) const = default;
    };
    struct Descriptors {
        std::string kind = "rdf";  ///< or "rdf_species" or "radial"
        double r_min_A = 2;
        double r_max_A = 10;
        double bin_A = 0.2;    ///< thickness of a shell, or distance between the centres of radial's Gaussians
        double width_A = 0.2;  ///< standard deviation of radial's Gaussians
        std::string positions = "inherent";  ///< "inherent", "mean" or "snapshot"
        bool operator==(const Descriptors&) const = default;
    };
    /// Norms are 2-norms over the movable coordinates.
    struct Barriers {
        bool enabled = false;                                     ///< not a key: the table is there
        Selection samples{Selection::Kind::word, "test", 0, {}};  ///< "test", "all" or a list of samples
        int events_per_atom = 20;                                 ///< accepted ones
        int max_attempts_per_atom = 200;
        Selection atoms{Selection::Kind::word, "all", 0, {}};  ///< "all", a fraction or a list of ids
        double region_A = 12;
        double settle_ps = 10;  ///< of dynamics at quench.final_K before; the lowest minimum on the way is searched
        double kick_radius_A = 3.7;
        double kick_length_A = 0.1;
        double push_A = 0.1;
        int steps_per_push = 4;
        double basin_force_eV_A = 0.2;  ///< perpendicular relaxation in the basin stops below it
        int pushes_before_lanczos = 5;
        int max_pushes = 100;
        double exit_eigenvalue_eV_A2 = -0.1;
        double lanczos_step_A = 0.005;
        int lanczos_min_vectors = 4;
        int lanczos_basin_vectors = 25;
        int lanczos_climb_vectors = 16;
        double climb_step_A = 0.1;
        int max_climb_steps = 200;
        int max_evaluations = 5000;
        double relax_force_eV_A = 0.003;  ///< perpendicular relaxation of the climb stops below it
        int relax_min_steps = 3;
        int relax_max_steps = 70;
        int relax_max_steps_at_saddle = 150;
        double relax_step_A = 0.1;
        double saddle_force_eV_A = 0.01;
        double saddle_eigenvalue_eV_A2 = -1e-3;
        double connect_energy_eV = 1e-3;
        double connect_distance_A = 0.2;
        double connect_check_fraction = 0.02;  ///< of the events, checked with all atoms of the system
        bool polish = true;
        double polish_overlap = 0.9;
        double polish_distance_A = 0.3;
        double min_barrier_eV = 0.005;
        double max_barrier_eV = 5;
        bool operator==(const Barriers&) const = default;
    };
    struct Train {
        std::vector<int> hidden{200};
        std::string activation = "relu";       ///< "relu", "sigmoid" or "tanh"
        int folds = 5;                         ///< of the cross-validation; 0: none
        std::vector<std::vector<int>> grid;    ///< hidden layers of further networks to cross-validate
        std::vector<std::string> activations;  ///< further ones to cross-validate with `hidden`
        std::vector<double> reach_A;           ///< shorter r_max_A of the descriptors to cross-validate with `hidden`
        bool rotate = false;                   ///< every sample is held out in turn: error bars of the test
        bool transfer = false;                 ///< trained at each cooling rate and at all, tested on all
        int test_sample = -1;                  ///< of the samples at the main rate, from 0; -1: the last
        double max_crystalline = 0.1;          ///< share of a sample's atoms above which no network sees it
        std::vector<double> train_rates;       ///< [K/s] whose samples are trained on; empty: the main rate
        int epochs = 100;
        int batch = 256;
        double learning_rate = 1e-3;
        std::string schedule = "cosine";  ///< "constant", "exponential" or "cosine"
        double decay = 0.01;              ///< learning rate of the last epoch over that of the first
        double validation_fraction = 0.1;
        int patience = 20;  ///< epochs without improvement; 0: never stop early
        int seeds = 1;      ///< networks of the ensemble
        bool operator==(const Train&) const = default;
    };
    struct Report {
        int bin_atoms = 100;
        double coarse_grain_A = 6;
        double slice_A = 4;
        double viscosity_K = 300;  ///< temperature of Eq. 4 of the study
        bool operator==(const Report&) const = default;
    };

    Study study;
    System system;
    Compute compute;
    Quench quench;
    Stiffness stiffness;
    Descriptors descriptors;
    Barriers barriers;
    Train train;
    Report report;

    /// Samples are quenched by the study itself.
    bool quenches() const { return system.structures.empty(); }
    bool operator==(const StudyFile&) const = default;
};

/// Reads and checks a study file. `overrides` are "table.key=value"; the value is TOML, and a bare word that is not
/// TOML is a string. Relative paths of potential and structures start at the folder of the study file.
///
/// Throws one InputError with one line per fault, "file:line:column: problem (why); what to do", in the order of the
/// file; faults of an override are located as "--set table.key". A TOML syntax error stops there and stands alone.
StudyFile read_study(const std::string& path, const std::vector<std::string>& overrides = {});

/// Every key with its value, as TOML. read_study on it gives the same study, and this text again, byte by byte.
std::string resolved_toml(const StudyFile& study);

/// SHA-256 of all that the numbers of a study follow from: not its name, output, backend, batching or report, and
/// of files their content, not their path.
std::string study_hash(const StudyFile& study);

/// SHA-256 of the seed, the precision, the given tables, the content of files, and further lines.
std::string tables_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further);

/// One glass of a study, in the order of the folders samples/NNNN.
struct Sample {
    double rate_K_per_s = 0;       ///< 0 for a structure that was given
    bool is_further_test = false;  ///< at one of test_rates_K_per_s
};
std::vector<Sample> samples_of(const StudyFile& study);

/// Index in samples_of of the sample that `test_sample` means.
int test_sample_of(const StudyFile& study);

/// Atoms per element by largest remainder: the counts add up to `atoms`, and each is within one of fraction x atoms.
std::vector<int> composition_counts(const std::vector<double>& fractions, int atoms);

/// nx <= ny <= nz with 4 nx ny nz = atoms and nz <= 1.5 nx, as equal as possible; empty where there are none.
std::optional<std::array<int, 3>> fcc_cells(int atoms);

}  // namespace mg
