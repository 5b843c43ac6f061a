#pragma once
/// \file elastic.h5, the stiffness of every atom of a sample as the learned elastic network predicts it, and
/// elastic_model.h5, the network itself.

#include <fmt/format.h>

#include "elastic/prediction.hpp"
#include "elastic/shares.hpp"
#include "study/results/result_file.hpp"

namespace mg::study {

/// The fields of an elastic network, in a group of whatever file holds one.
template <class Visitor, class Network>
void visit_network(Visitor& v, const std::string& group, Network& n) {
    v.data(group + "/mass", n.masses, "u");
    v.data(group + "/pair_knots", n.pair_knots, "A");
    v.data(group + "/density_knots", n.density_knots, "A");
    v.data(group + "/mean_density", n.mean);
    v.data(group + "/parameter", n.parameter, "eV/A");
    v.note(group + "/parameter", "what",
           "cubic B-splines: V' of each pair of species a <= b, then g of each ordered pair (atom, neighbour); "
           "then c of each species");
    v.attribute(group, "elements", n.elements);
}
/// What is wrong with one that was read; "" where nothing is.
std::string network_fault(const ElasticNetwork& network);

/// n atoms in the order of ids.
struct ElasticFile {
    std::vector<double> stiffness, deviation, interval_90;  ///< [eV/A^2] (n)
    std::vector<double> novelty, gruneisen;                 ///< (n)
    std::vector<double> force, virial;                      ///< [eV/A], [eV] (n)
    std::vector<double> closest;                            ///< [A] (n, species)
    std::vector<int> split;                                 ///< (n) 0 learned from, 1 in a test sample, 2 beside those
    std::string scheme;
    double error = 0;     ///< relative, of the inversion
    long is_relaxed = 0;  ///< 1: the network's own laws had to relax the structure first
    /// Shares of springs (elastic/shares.hpp) in the stiffness of the softest tenth of the atoms, and behind them of
    /// the stiffest; only of samples not learned from.
    StiffnessShares shares;
    std::vector<double> shares_density;  ///< (2) in place of StiffnessShares' one

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        const std::size_t n = f.stiffness.size();
        v.data("/stiffness", f.stiffness, "eV/A^2");
        v.data("/force", f.force, "eV/A");
        v.note("/force", "what", "that the network leaves on the atom; a minimum has none");
        v.data("/virial", f.virial, "eV");
        v.data("/closest", f.closest, "A", {n, n > 0 ? f.closest.size() / n : 0});
        v.note("/closest", "what", "shortest bond to an atom of each species");
        v.data("/gruneisen", f.gruneisen);
        v.note("/gruneisen", "what", "-1/2 d ln K / d ln V under homogeneous compression");
        v.attribute("/", "scheme", f.scheme);
        v.attribute("/", "relative_error", f.error);
        v.attribute("/", "relaxed", f.is_relaxed);
        v.optional_data("/standard_deviation", f.deviation, "eV/A^2");
        v.optional_data("/interval_90", f.interval_90, "eV/A^2");
        v.optional_data("/novelty", f.novelty);
        v.optional_data("/split", f.split);
        const std::size_t bins = f.shares.distance.size();
        v.optional_data("/shares/distance", f.shares.distance, "A");
        v.optional_data("/shares/along", f.shares.along, "",
                        {2, bins > 0 ? f.shares.along.size() / (2 * bins) : 0, bins});
        v.optional_data("/shares/across", f.shares.across, "",
                        {2, bins > 0 ? f.shares.along.size() / (2 * bins) : 0, bins});
        v.optional_data("/shares/reach", f.shares.reach, "", {2, f.shares.reach.size() / 2});
        v.optional_data("/shares/density", f.shares_density);
        if (f.split.empty()) return;
        v.note("/standard_deviation", "what", "of the real value from it, as of atoms not learned from");
        v.note("/interval_90", "what", "half width of the interval that holds 90 % of real values");
        v.note("/novelty", "what", "above 1 the training had no such atoms");
        v.note("/split", "what", "0 learned from, 1 test, 2 other atoms of the training's samples");
    }
};

/// Everything that a prediction needs. The kind tells it from a model of neural networks.
struct ElasticModelFile {
    ElasticModel model;
    PairLaws laws;  ///< beside those of the study's potential
    std::string kind = "elastic";
    std::string labels;                  ///< "harmonic" or "dynamics"
    std::vector<unsigned char> metrics;  ///< JSON text
    std::string provenance;              ///< JSON text

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        auto& c = f.model.calibration;
        visit_network(v, "/network", f.model.network);
        v.data("/calibration/scaled_deviation", c.deviation);
        v.data("/calibration/scaled_interval_90", c.interval_90);
        v.note("/calibration/scaled_interval_90", "what",
               fmt::format("both: relative, over sqrt(gruneisen^2 + {}^2)", ordinary_gruneisen));
        v.data("/calibration/virial", c.virial, "eV");
        v.data("/calibration/virial_deviation", c.virial_deviation, "eV");
        v.data("/calibration/closest", c.closest, "A");
        v.attribute("/calibration", "force", c.force);
        v.attribute("/calibration", "force_rms", c.force_rms);
        v.optional_data("/laws/distance", f.laws.distance, "A");
        if (const std::size_t points = f.laws.distance.size()) {
            v.optional_data("/laws/learned", f.laws.learned, "eV/A", {f.laws.learned.size() / points, points});
            v.optional_data("/laws/potential", f.laws.potential, "eV/A", {f.laws.potential.size() / points, points});
        }
        v.attribute("/", "model", f.kind);
        v.attribute("/", "labels", f.labels);
        v.optional_data("/metrics", f.metrics);  // an attribute holds 64 kB at most
        if (!f.metrics.empty()) v.note("/metrics", "what", "JSON text");
        v.attribute("/", "provenance", f.provenance);
    }
};

/// Whether the file is one, and not a model of neural networks. Throws InputError for a file that is missing or
/// damaged.
bool is_elastic_model(const std::string& path);
/// Reads and checks one: seal, shapes, finite numbers. Throws InputError.
ElasticModelFile read_elastic_model(const std::string& path);
/// Writes a sealed file, whole or not at all.
void write_elastic_model(const std::string& path, const ElasticModelFile& file);

}  // namespace mg::study
