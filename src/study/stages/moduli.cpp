/// \file The stage `moduli`: elastic constants of every glass at rest, and its bulk and shear modulus.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/macros.hpp"
#include "core/units.hpp"
#include "md/elasticity.hpp"
#include "nn/metrics.hpp"
#include "study/context.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

/// Force evaluations of FIRE until a strained glass is at rest, of the first minimisation and twelve copies.
constexpr double relaxation_steps = 300, copies = 12;

/// moduli.h5 of a sample. Voigt order: xx, yy, zz, yz, xz, xy, strains of shears twice the tensor's element.
struct ModuliFile {
    std::vector<double> elastic_constants;  ///< [GPa] (6, 6) with atoms at rest in the strained cell
    std::vector<double> born;               ///< [GPa] (6, 6) with atoms that follow the cell
    std::vector<double> stress;             ///< [GPa] (6) of the structure itself, positive in tension
    std::vector<double> strain;             ///< (6) that each column is from
    std::vector<double> irregularity;       ///< (6) of each column (md/elasticity.hpp)
    double bulk = 0, shear = 0;             ///< [GPa] Hill's averages
    double bulk_voigt = 0, shear_voigt = 0, bulk_reuss = 0, shear_reuss = 0;  ///< [GPa] bounds of those
    double bulk_born = 0, shear_born = 0;  ///< [GPa] Hill's averages of the Born term
    double young = 0, poisson = 0;         ///< [GPa], 1
    double lowest = 0;     ///< [GPa] of Kelvin's moduli; where it is not positive the structure is not stable
    double asymmetry = 0;  ///< [GPa] largest |C_ij - C_ji| before symmetrising

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/elastic_constants", f.elastic_constants, "GPa", {6, 6});
        v.note("/elastic_constants", "what", "Voigt order xx yy zz yz xz xy; atoms at rest in the strained cell, 0 K");
        v.data("/born", f.born, "GPa", {6, 6});
        v.note("/born", "what", "Born term: the same with atoms that follow the cell without relaxing");
        v.data("/stress", f.stress, "GPa");
        v.note("/stress", "what", "of the structure itself, positive in tension");
        v.data("/strain", f.strain);
        v.data("/irregularity", f.irregularity);
        v.note("/irregularity", "what", "how far each column's response is from linear; see md/elasticity.hpp");
        v.attribute("/", "bulk_modulus_GPa", f.bulk);
        v.attribute("/", "shear_modulus_GPa", f.shear);
        v.attribute("/", "bulk_modulus_voigt_GPa", f.bulk_voigt);
        v.attribute("/", "shear_modulus_voigt_GPa", f.shear_voigt);
        v.attribute("/", "bulk_modulus_reuss_GPa", f.bulk_reuss);
        v.attribute("/", "shear_modulus_reuss_GPa", f.shear_reuss);
        v.attribute("/", "bulk_modulus_born_GPa", f.bulk_born);
        v.attribute("/", "shear_modulus_born_GPa", f.shear_born);
        v.attribute("/", "young_modulus_GPa", f.young);
        v.attribute("/", "poisson_ratio", f.poisson);
        v.attribute("/", "lowest_kelvin_modulus_GPa", f.lowest);
        v.attribute("/", "asymmetry_GPa", f.asymmetry);
    }
};

constexpr double GPa = units::gigapascal_per_pressure;

std::vector<double> in_gigapascal(const ElasticMatrix& c) {
    std::vector<double> values;
    for (const double x : c.element) values.push_back(GPa * x);
    return values;
}

/// Hill's averages. A matrix that is not positive has no inverse that means anything: then Voigt's stand alone.
IsotropicModuli isotropic(const ElasticMatrix& c) { return lowest_modulus(c) > 0 ? hill_average(c) : voigt_average(c); }

ModuliFile moduli_file(const ElasticConstants& c) {
    ModuliFile f;
    f.elastic_constants = in_gigapascal(c.relaxed);
    f.born = in_gigapascal(c.affine);
    for (int k = 0; k < 6; ++k) {
        f.stress.push_back(GPa * voigt_element(c.stress, k));
        f.strain.push_back(c.direction[k].strain);
        f.irregularity.push_back(c.direction[k].irregularity);
    }
    const IsotropicModuli body = isotropic(c.relaxed), born = isotropic(c.affine), voigt = voigt_average(c.relaxed);
    f.bulk = GPa * body.bulk;
    f.shear = GPa * body.shear;
    f.bulk_born = GPa * born.bulk;
    f.shear_born = GPa * born.shear;
    f.bulk_voigt = GPa * voigt.bulk;
    f.shear_voigt = GPa * voigt.shear;
    f.lowest = GPa * lowest_modulus(c.relaxed);
    f.asymmetry = GPa * c.asymmetry;
    if (f.lowest > 0) {
        const IsotropicModuli reuss = reuss_average(c.relaxed);
        f.bulk_reuss = GPa * reuss.bulk;
        f.shear_reuss = GPa * reuss.shear;
    }
    f.young = GPa * body.young();
    f.poisson = body.poisson();
    return f;
}

template <class Space>
class ModuliStage final : public Stage {
public:
    std::string name() const override { return "moduli"; }
    bool is_part_of(const StudyFile& study) const override { return study.moduli.enabled; }
    std::vector<std::string> needs(const StudyFile&) const override { return {"quench"}; }
    bool goes_by_samples() const override { return true; }
    StageFiles files() const override { return {{"moduli.h5"}, {}, {}}; }

    StageEstimate estimate(const StudyFile&, const StudySize& size) const override {
        StageEstimate e{.name = name(),
                        .replicas = static_cast<int>(copies * size.sample_count()),
                        .atom_steps = (1 + copies) * relaxation_steps * size.atoms_of_all};
        e.seconds = 1.5 * e.atom_steps / size.atom_steps_per_second;  // in double
        e.note = fmt::format("{} strained copies of each sample", copies);
        e.memory_bytes = size.batch_bytes(copies);
        return e;
    }

    void run(Context& c) const override {
        c.require("quench");
        c.run_by_sample(samples(c.study), "moduli.h5", [&](int k) {
            const auto constants = elastic_constants<Space>(c.inherent_structure(k), c.potential, c.skin(),
                                                            c.study.moduli, [&] { return c.farm.must_stop(); });
            if (constants) write_sample(c, k, moduli_file(*constants));
            return constants.has_value();
        });
    }

    void summarise(const Context& c, nlohmann::json& summary) const override {
        nlohmann::json by_sample = nlohmann::json::array();
        std::vector<double> bulk, shear;
        for (const int k : samples(c.study)) {
            const auto f = c.read<ModuliFile>(k, "moduli.h5");
            if (!c.samples[k].is_further_test) {  // other cooling rates stand in by_sample alone
                bulk.push_back(f.bulk);
                shear.push_back(f.shear);
            }
            by_sample.push_back({{"sample", k},
                                 {"rate_K_per_s", c.samples[k].rate_K_per_s},
                                 {"bulk_modulus_GPa", f.bulk},
                                 {"shear_modulus_GPa", f.shear},
                                 {"shear_modulus_born_GPa", f.shear_born},
                                 {"poisson_ratio", f.poisson},
                                 {"stable", f.lowest > 0}});
        }
        const MeanError k = mean_and_error(bulk), g = mean_and_error(shear);
        const auto error = [&](double x) { return bulk.size() > 1 ? nlohmann::json(x) : nlohmann::json(); };
        summary["moduli"] = {{"bulk_modulus_GPa", k.mean},
                             {"bulk_modulus_GPa_error", error(k.error)},
                             {"shear_modulus_GPa", g.mean},
                             {"shear_modulus_GPa_error", error(g.error)},
                             {"by_sample", by_sample}};
    }

private:
    static void write_sample(const Context& c, int k, const ModuliFile& f) {
        if (f.lowest <= 0)
            c.progress.warn(fmt::format(
                "sample {}: its lowest Kelvin modulus is {:.3g} GPa: the structure is not elastically stable", k,
                f.lowest));
        c.progress.say(
            fmt::format("sample {}: K {:.2f} GPa, G {:.2f} GPa ({:.2f} GPa without relaxation), Poisson {:.3f}", k,
                        f.bulk, f.shear, f.shear_born, f.poisson));
        // Last, for it tells that the sample is done.
        c.write(k, "moduli.h5", f);
    }
};

}  // namespace

template <class Space>
std::unique_ptr<Stage> make_moduli_stage() {
    return std::make_unique<ModuliStage<Space>>();
}

#define MG_MODULI(Space) template std::unique_ptr<Stage> make_moduli_stage<Space>();
MG_INSTANTIATE(MG_MODULI)

}  // namespace mg::study
