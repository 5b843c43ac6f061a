#pragma once
/// \file The study file: TOML that a user writes, checked whole, with every default filled in.
///
/// Every table is a struct with a member template visit(), which shows its keys to a visitor (io/toml_reader.hpp): a
/// key or a table that is added there is read, written, hashed and known to all messages. Members have the names and
/// units of the keys (`timestep_fs` is in fs), and stages convert to internal units. Where the keys of a table have
/// internal units, the table derives from the option struct that they set, or holds it, with its defaults.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "artn/event.hpp"
#include "artn/minimum.hpp"
#include "config/words.hpp"
#include "descriptors/kinds.hpp"
#include "elastic/training.hpp"
#include "io/key_rules.hpp"
#include "md/elasticity.hpp"
#include "md/harmonic.hpp"
#include "nn/property.hpp"
#include "nn/training.hpp"

namespace mg {

struct StudyFile {
    struct Study {
        std::string name;        ///< default: the file's name without its end
        std::uint64_t seed = 1;  ///< every random number of the study follows from it; at most 2^63 - 1
        std::string output;      ///< directory, relative to where the program runs; default "out/" + name

        bool operator==(const Study&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("study",
                    "Every random number follows from the seed; the output is relative to where the program runs.");
            v.key("name", name);
            v.key("seed", seed, io::from(0, 9.3e18, "it keys the random numbers"));
            v.key("output", output);
        }
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
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("system", "What the glass is made of. Paths are relative to this file.");
            if (v.shows(!elements.empty())) v.key("elements", elements);
            if (v.shows(structures.empty())) {
                v.key("fractions", fractions, io::above(0, 1, "it is a share of the atoms"));
                v.key("atoms", atoms,
                      io::from(100, 1e8, "fewer atoms do not fill a cell twice as wide as the potential's cutoff"));
            }
            if (v.shows(!structures.empty())) v.key("structures", structures, io::FileName{});
            v.key("potential", potential, io::FileName{});
        }
    };
    struct Compute {
        std::string backend = "auto";            ///< "auto", "host" or "cuda"
        Precision precision = Precision::mixed;  ///< of forces
        std::optional<int> replicas_per_batch;   ///< empty: "auto"
        std::optional<double> skin_A;            ///< empty: "auto"
        int domains = 1;                         ///< ranks per replica
        double checkpoint_minutes = 10;          ///< between checkpoints

        bool operator==(const Compute&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("compute", "Where and how precisely it runs.");
            v.key("backend", backend, io::Words{"auto", "host", "cuda"});
            v.key("precision", precision);
            v.key("replicas_per_batch", replicas_per_batch, io::counted(1, "a batch holds at least one replica"));
            v.key("skin_A", skin_A, io::above(0, 5, "the skin widens every neighbour row"));
            v.key("domains", domains, io::counted(1, "it is a number of ranks"));
            v.key("checkpoint_minutes", checkpoint_minutes, io::above(0, 1e6, "it is the time between checkpoints"));
        }
    };
    struct Quench {
        int samples = 10;
        double rate_K_per_s = 1e10;
        std::vector<double> test_rates_K_per_s;  ///< further testing sets
        int samples_per_test_rate = 1;
        double melt_K = 2000;
        double melt_ps = 100;
        double final_K = 50;
        double anneal_K = 300;   ///< between two relaxations, of positions and cell, that lead to the reference basin
        double anneal_ps = 100;  ///< 0: no annealing, the default with system.structures, which then keep their cell
        double timestep_fs = 2;  ///< of the stiffness runs too, as pressure and cell are
        double pressure_GPa = 0;
        CellMode cell = CellMode::iso;
        /// A liquid gives the shape of its cell nothing to hold on to: above this temperature [K] the cell keeps its
        /// shape, whatever `cell` says.
        double free_cell_below_K = 600;

        bool operator==(const Quench&) const = default;
        /// `quenches`: whether to show the keys of the quench itself, which no study of given structures has.
        template <class Visitor>
        void visit(Visitor& v, bool quenches) {
            const io::Limits temperature = io::above(0, 20000, "it is an absolute temperature of a condensed phase");
            v.table(
                "quench",
                quenches
                    ? "The liquid at melt_K for melt_ps, then down to final_K at a constant rate; annealed at anneal_K."
                    : "Samples are given; the stiffness runs take step, pressure and cell from here.");
            if (quenches) {
                v.key("samples", samples, io::from(1, 9999, "there is nothing to do without a sample"));
                const io::Limits rate = io::from(
                    1e6, 1e16, "slower takes too long for molecular dynamics, faster leaves less than a vibration");
                v.key("rate_K_per_s", rate_K_per_s, rate);
                v.key("test_rates_K_per_s", test_rates_K_per_s, rate);
                v.key("samples_per_test_rate", samples_per_test_rate,
                      io::from(1, 9999, "each rate needs a sample; leave test_rates_K_per_s empty for none"));
                v.key("melt_K", melt_K, temperature);
                v.key("melt_ps", melt_ps, io::above(0, 1e6, "the start lattice must melt"));
            }
            v.key("final_K", final_K, temperature);
            v.key("anneal_K", anneal_K, temperature);
            v.key("anneal_ps", anneal_ps, io::from(0, 1e6, "it is a time; 0 means no annealing"));
            v.key("timestep_fs", timestep_fs, io::above(0, 10, "a longer step misses the fastest vibrations"));
            v.key("pressure_GPa", pressure_GPa,
                  io::from(-10, 500,
                           "a stronger tension tears the liquid, a stronger pressure leaves the potential's range"));
            v.key("cell", cell);
            if (quenches && v.shows(cell != CellMode::iso)) v.key("free_cell_below_K", free_cell_below_K, temperature);
        }
    };
    struct Stiffness {
        StiffnessMethod method = StiffnessMethod::dynamics;
        int check_samples = 0;  ///< of a study by the Hessian: its first ones, measured by dynamics as well
        std::vector<double> temperatures_K{50, 100, 150, 200, 250, 300};
        double equilibrate_ps = 20;  ///< of the ramp, and again of the hold
        double window_ps = 100;
        double sample_every_fs = 50;  ///< a whole number of time steps; default: the one nearest 50 fs
        StiffnessEstimator estimator = StiffnessEstimator::mean_position;
        int seeds = 1;  ///< runs per sample and temperature with velocities of their own

        bool operator==(const Stiffness&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("stiffness",
                    "K = k_B T / <|dr|^2>, mean over the temperatures; equilibrate_ps counts for ramp and hold.");
            v.key("method", method);
            v.key("check_samples", check_samples, io::counted(0, "it is a number of samples"));
            v.key("temperatures_K", temperatures_K,
                  io::above(0, 20000, "it is an absolute temperature of a condensed phase"));
            v.key("equilibrate_ps", equilibrate_ps, io::above(0, 1e7, "the ramp takes time"));
            v.key("window_ps", window_ps, io::above(0, 1e7, "the displacements are sampled in it"));
            v.key("sample_every_fs", sample_every_fs, io::above(0, 1e6, "it is an interval of time"));
            v.key("estimator", estimator);
            v.key("seeds", seeds, io::from(1, 1000, "at least one run gives the displacements"));
        }
    };
    /// The options' `memory` is no key.
    struct Harmonic : HarmonicOptions {
        int modes = 50;  ///< softest modes, and the density of states with them; 0: neither

        bool operator==(const Harmonic&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("harmonic", "K = 1 / tr (H^-1)_ii from the Hessian of the inherent structure.");
            v.key("scheme", scheme);
            v.key("tolerance", tolerance, io::from(1e-6, 0.1, "it is the relative error of a stiffness"));
            v.key("modes", modes, io::from(0, 1000, "it is a number of softest modes; 0 asks for none"));
        }
    };
    struct Descriptors {
        std::string kind = "rdf";  ///< one of descriptor_kinds()
        double r_min_A = 2;
        double r_max_A = 10;
        double bin_A = 0.2;    ///< thickness of a shell, or distance between the centres of radial's Gaussians
        double width_A = 0.2;  ///< standard deviation of radial's Gaussians
        DescriptorPositions positions = DescriptorPositions::inherent;
        std::string elastic_model;  ///< absolute path of an elastic_model.h5 whose features are inputs too; "": none
        std::string elastic_model_sha256;  ///< not a key: read_study hashes the file
        int averages = 0;      ///< how often all inputs are averaged over neighbours, each time further inputs
        double average_A = 4;  ///< distance of such a neighbour

        bool reads_elastic() const { return !elastic_model.empty(); }
        /// What the keys mean.
        Descriptor descriptor() const {
            return {kind, r_min_A, r_max_A, static_cast<int>(std::lround((r_max_A - r_min_A) / bin_A)), width_A};
        }
        bool operator==(const Descriptors&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("descriptors", "The structure around an atom: shells from r_min_A to r_max_A.");
            v.key("kind", kind, descriptor_kinds());
            v.key("r_min_A", r_min_A, io::from(0, 100, "it is a distance"));
            v.key("r_max_A", r_max_A, io::above(0, 100, "the number of neighbours grows with its cube"));
            v.key("bin_A", bin_A, io::above(0, 100, "it is the thickness of a shell"));
            v.key("width_A", width_A, io::above(0, 10, "it is the width of a Gaussian of kind radial"));
            v.key("positions", positions);
            if (v.shows(reads_elastic())) v.key("elastic_model", elastic_model, io::FileName{});
            if (v.shows(averages > 0)) {
                v.key("averages", averages, io::from(0, 10, "each is as many inputs as there are without"));
                v.key("average_A", average_A, io::above(0, 10, "it is the distance of the first neighbours"));
            }
        }
    };
    /// Norms are 2-norms over the movable coordinates. The options' `seed` and `searches` are no keys: they follow from
    /// other tables, as the temperature and the time step of `settle` do (study/barriers.hpp).
    struct Barriers : EventOptions {
        bool enabled = false;                                             ///< not a key: the table is there
        io::Selection samples{io::Selection::Kind::word, "test", 0, {}};  ///< "test", "all" or a list of samples
        io::Selection atoms{io::Selection::Kind::word, "all", 0, {}};     ///< "all", a fraction or a list of ids
        SettleOptions settle;  ///< of dynamics at quench.final_K before; the lowest minimum on the way is searched

        bool operator==(const Barriers&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            if (!v.optional_table("barriers",
                                  "ARTn saddle searches around atoms; forces are norms over the movable coordinates.",
                                  enabled))
                return;
            v.key("samples", samples, io::SelectionRule{{"test", "all"}, "a list of sample numbers", 0, false});
            v.key("events_per_atom", events_per_atom, io::counted(1, "the mean barrier needs an event"));
            v.key("max_attempts_per_atom", max_attempts,
                  io::from(1, most_attempts,
                           "an event needs an attempt, and random numbers are distinct only up to that many"));
            v.key("atoms", atoms,
                  io::SelectionRule{{"all"}, "a fraction above 0 and at most 1, or a list of atom ids", 1, true});
            v.key("region_A", region, io::above(3, 1000, "it must hold the first neighbours at least"));
            v.key("settle_ps", settle.time, io::from(0, 1e6, "it is a time"));
            v.key("kick_radius_A", kick_radius, io::above(0, 100, "it is a distance"));
            v.key("kick_length_A", kick_length, io::above(0, 5, "it is a distance below that of neighbours"));
            visit_search(v);
            v.key("connect_check_fraction", check_fraction, io::from(0, 1, "it is a share of the events"));
            v.key("polish", polish);
            v.key("polish_overlap", polish_overlap, io::from(0, 1, "it is a cosine"));
            v.key("polish_distance_A", polish_distance, io::above(0, 5, "it is a tolerance"));
            v.key("min_barrier_eV", search.min_barrier, io::from(0, 100, "a barrier is not negative"));
            v.key("max_barrier_eV", search.max_barrier, io::above(0, 100, "a barrier is positive"));
        }

    private:
        template <class Visitor>
        void visit_search(Visitor& v) {
            const auto steps = [](double least) { return io::counted(least, "it is a number of steps"); };
            const io::Limits force = io::above(0, 100, "it is the size of a force");
            const io::Limits vectors = io::from(2, 31, "one vector cannot turn, and 31 are kept");
            v.key("push_A", search.push, io::above(0, 2, "a longer push jumps over barriers"));
            v.key("steps_per_push", search.steps_per_push, steps(0));
            v.key("basin_force_eV_A", search.basin_force, force);
            v.key("pushes_before_lanczos", search.pushes_before_lanczos, io::counted(0, "it is a number of pushes"));
            v.key("max_pushes", search.max_pushes, io::counted(1, "the search leaves the basin by pushes"));
            v.key("exit_eigenvalue_eV_A2", search.exit_eigenvalue,
                  io::from(-100, -1e-6, "outside the basin the lowest curvature is negative"));
            v.key("lanczos_step_A", search.lanczos_step, io::above(0, 0.1, "it is the step of a finite difference"));
            v.key("lanczos_min_vectors", search.lanczos_min_vectors, io::from(2, 1000, "one vector cannot turn"));
            v.key("lanczos_basin_vectors", search.lanczos_basin_vectors, vectors);
            v.key("lanczos_climb_vectors", search.lanczos_climb_vectors, vectors);
            v.key("climb_step_A", search.climb_step, io::above(0, 2, "a longer step jumps over barriers"));
            v.key("max_climb_steps", search.max_climb_steps, io::counted(1, "the saddle is reached by steps"));
            v.key("max_evaluations", search.max_evaluations, io::counted(1, "every step evaluates the forces"));
            v.key("relax_force_eV_A", search.relax_force, force);
            v.key("relax_min_steps", search.relax_min_steps, steps(0));
            v.key("relax_max_steps", search.relax_max_steps, steps(1));
            v.key("relax_max_steps_at_saddle", search.relax_max_steps_at_saddle, steps(1));
            v.key("relax_step_A", search.relax_step, io::above(0, 1, "it is a distance below that of neighbours"));
            v.key("saddle_force_eV_A", search.saddle_force, io::above(0, 1, "the force vanishes at a saddle"));
            v.key("saddle_eigenvalue_eV_A2", search.saddle_eigenvalue,
                  io::from(-100, 0, "the lowest curvature of a saddle is negative"));
            v.key("connect_energy_eV", search.connect_energy, io::above(0, 1, "it is a tolerance"));
            v.key("connect_distance_A", search.connect_distance, io::above(0, 5, "it is a tolerance"));
        }
    };
    /// The options' `seed` is no key: it follows from study.seed.
    struct Train : TrainOptions {
        Property label;                        ///< "stiffness", or a column of the structures that are given
        std::vector<std::string> species;      ///< elements whose atoms are learned from, and predicted; empty: all
        int folds = 5;                         ///< of the cross-validation; 0: none
        std::vector<std::vector<int>> grid;    ///< hidden layers of further networks to cross-validate
        std::vector<std::string> activations;  ///< further ones to cross-validate with `hidden`
        std::vector<double> reach_A;           ///< smaller r_max_A of the descriptors to cross-validate with `hidden`
        bool rotate = false;                   ///< every sample is held out in turn: error bars of the test
        bool transfer = false;                 ///< trained at each cooling rate and at all, tested on all
        int test_sample = -1;                  ///< of the samples at the main rate, from 0; -1: the last
        double max_crystalline = 0.1;          ///< share of a sample's atoms above which no network sees it
        std::vector<double> train_rates;       ///< [K/s] whose samples are trained on; empty: the main rate
        int seeds = 1;                         ///< networks of the ensemble

        bool operator==(const Train&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("train",
                    "The network from descriptors to stiffness; its samples are those at train_rates (K/s; [] is the "
                    "main rate).");
            if (v.shows(!label.is_stiffness())) {
                v.key("label", label.name);
                v.key("label_unit", label.unit);
            }
            if (v.shows(!species.empty())) v.key("species", species);
            const io::Limits width = io::from(1, 1e6, "a hidden layer has at least one unit");
            v.key("hidden", hidden, width);
            v.key("activation", activation);
            v.key("folds", folds, io::from(0, 1000, "it is a number of parts; 0 means no cross-validation"));
            v.key("grid", grid, width);
            v.key("activations", activations, io::all_words<Activation>());
            v.key("reach_A", reach_A, io::above(0, 1000, "it is a distance"));
            v.key("rotate", rotate);
            v.key("transfer", transfer);
            v.key("test_sample", test_sample, io::counted(-1, "samples count from 0, and -1 is the last"));
            v.key("max_crystalline", max_crystalline, io::from(0, 1, "it is a share of the atoms"));
            v.key("train_rates", train_rates, io::above(0, 1e16, "it is a cooling rate in K/s"));
            v.key("epochs", epochs, io::counted(1, "an untrained network predicts nothing"));
            v.key("batch", batch, io::counted(1, "a step takes at least one atom"));
            v.key("learning_rate", learning_rate, io::above(0, 10, "a larger step of Adam diverges"));
            v.key("schedule", schedule);
            v.key("decay", decay, io::above(0, 1, "it is the last learning rate over the first"));
            if (v.shows(weight_decay > 0))
                v.key("weight_decay", weight_decay, io::from(0, 100, "a step takes off this times the learning rate"));
            v.key("validation_fraction", validation_fraction, io::from(0, 0.9, "the rest is trained on"));
            v.key("patience", patience, io::counted(0, "it is a number of epochs; 0 never stops early"));
            v.key("seeds", seeds, io::from(1, 1000, "it is the number of networks"));
        }
    };
    /// Elastic constants of every sample's inherent structure.
    struct Moduli : ElasticOptions {
        bool enabled = false;  ///< not a key: the table is there

        bool operator==(const Moduli&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            if (!v.optional_table("moduli", "Elastic constants of every glass at rest, by finite strain.", enabled))
                return;
            v.key("strain", strain, io::from(1e-6, 0.01, "less drowns in rounding, and under more atoms rearrange"));
            v.key("force_eV_A", force_max, io::from(1e-10, 1e-3, "it says when strained atoms are at rest"));
            v.key("max_steps", max_steps, io::counted(1, "atoms come to rest by steps"));
        }
    };
    /// An elastic network, learned from the stiffness of a few atoms.
    struct Elastic : ElasticTraining {
        bool enabled = false;  ///< not a key: the table is there

        bool operator==(const Elastic&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            if (!v.optional_table("elastic", "An elastic network that is learned from the stiffness of a few atoms.",
                                  enabled))
                return;
            v.key("labels", labels, io::from(20, 1e6, "fewer do not fix its laws"));
            v.key("cutoff_A", cutoff, io::from(4.5, 15, "two shells of neighbours are the least"));
            v.key("force_weight", force_weight, io::above(0, 1e6, "it weighs forces against stiffness, in A^-2"));
            v.key("start_labels", start_labels, io::from(10, 1e5, "it begins with some"));
        }
    };
    struct Report {
        int bin_atoms = 100;
        double coarse_grain_A = 6;
        double slice_A = 4;
        double viscosity_K = 300;  ///< temperature of Eq. 4 of the study

        bool operator==(const Report&) const = default;
        template <class Visitor>
        void visit(Visitor& v) {
            v.table("report", "Bins, maps, and the temperature of the viscosities.");
            v.key("bin_atoms", bin_atoms, io::counted(1, "a bin holds at least one atom"));
            v.key("coarse_grain_A", coarse_grain_A, io::above(0, 1000, "it is a radius"));
            v.key("slice_A", slice_A, io::above(0, 1000, "it is a thickness"));
            v.key("viscosity_K", viscosity_K, io::above(0, 20000, "it is an absolute temperature"));
        }
    };

    Study study;
    System system;
    Compute compute;
    Quench quench;
    Stiffness stiffness;
    Harmonic harmonic;
    Descriptors descriptors;
    Barriers barriers;
    Train train;
    Moduli moduli;
    Elastic elastic;
    Report report;

    /// Samples are quenched by the study itself.
    bool quenches() const { return system.structures.empty(); }
    /// Whether any stage reads it: not where networks learn a property that structures came with.
    bool measures_stiffness() const {
        return train.label.is_stiffness() || elastic.enabled || descriptors.positions == DescriptorPositions::mean;
    }
    bool operator==(const StudyFile&) const = default;

    /// Shows every table; those and the keys that this study has no use for where the visitor shows them.
    template <class Visitor>
    void visit(Visitor& v) {
        study.visit(v);
        system.visit(v);
        compute.visit(v);
        quench.visit(v, v.shows(quenches()));
        stiffness.visit(v);
        harmonic.visit(v);
        descriptors.visit(v);
        barriers.visit(v);
        train.visit(v);
        moduli.visit(v);
        elastic.visit(v);
        report.visit(v);
    }
};

}  // namespace mg
