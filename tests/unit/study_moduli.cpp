/// \file The stage `moduli`: a study of given crystals, from its file to its results.

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "config/study_hash.hpp"
#include "core/error.hpp"
#include "io/hdf5.hpp"
#include "io/json.hpp"
#include "io/xyz_writer.hpp"
#include "study/run.hpp"
#include "study/stages.hpp"
#include "support/elasticity.hpp"
#include "support/oracle.hpp"
#include "support/paths.hpp"

namespace mg {
namespace {

/// A folder with two crystals and a study of them.
class StudyModuli : public testing::Test {
protected:
    void SetUp() override {
        // At zero pressure in this potential (tests/unit/elasticity.cpp).
        Structure b2 = oracle::b2(6, 6, 6, 3.2285681160), fcc = oracle::fcc(5, 5, 5, 3.6390851067);
        b2.elements = fcc.elements = {"Cu", "Zr"};
        io::write_xyz(folder_ / "b2.xyz", b2, {}, "", 17);
        io::write_xyz(folder_ / "fcc.xyz", fcc, {}, "", 17);
        folder_.write("plain.toml", text_);
        folder_.write("study.toml", text_ + "[moduli]\n");
    }
    StudyFile read(const std::string& name) const {
        StudyFile study = read_study(folder_ / name);
        study.study.output = folder_ / "out";
        return study;
    }
    static void run(const StudyFile& study) {
        SerialComm alone;
        study::RunOptions options;
        options.stages = {"quench", "moduli"};
        study::run_study<Host>(study, options, alone);
    }

    TemporaryDirectory folder_;
    std::string text_ =
        "[system]\nelements = [\"Cu\", \"Zr\"]\nstructures = [\"b2.xyz\", \"fcc.xyz\"]\npotential = \"" +
        source_path("jobs/potentials/Cu-Zr_2.eam.fs") + "\"\n";
};

TEST_F(StudyModuli, CrystalsHaveTheConstantsOfLammps) {
    const StudyFile study = read("study.toml");
    run(study);
    // LAMMPS, as in tests/unit/elasticity.cpp: [eV/A^3].
    const double c11[2] = {0.427915958, 1.10478736}, c12[2] = {0.641370768, 0.802325970},
                 c44[2] = {0.354009629, 0.531773733};
    const nlohmann::json summary = io::read_json(study.study.output + "/summary.json")["moduli"];
    for (int k = 0; k < 2; ++k) {
        const io::H5File f = io::H5File::open(study.study.output + "/samples/000" + std::to_string(k) + "/moduli.h5");
        ElasticMatrix c;
        const std::vector<double> values = f.read<double>("/elastic_constants");
        for (int i = 0; i < 36; ++i) c.element[i] = values.at(i) / 160.2176634;
        EXPECT_LT(largest_difference(c, cubic(c11[k], c12[k], c44[k])), 1e-6);
        EXPECT_NEAR(f.read_double("/", "bulk_modulus_GPa"), 160.2176634 * (c11[k] + 2 * c12[k]) / 3, 1e-3);
        EXPECT_EQ(f.read_string("/", "stage_hash"), study::sample_hash(study, "moduli", k));
        EXPECT_EQ(summary["by_sample"][k]["bulk_modulus_GPa"], f.read_double("/", "bulk_modulus_GPa"));
        // B2 CuZr is not stable in this potential: C11 < C12.
        EXPECT_EQ(summary["by_sample"][k]["stable"], k == 1);
    }
    const io::H5File fcc = io::H5File::open(study.study.output + "/samples/0001/moduli.h5");
    EXPECT_GT(fcc.read_double("/", "shear_modulus_voigt_GPa"), fcc.read_double("/", "shear_modulus_GPa"));
    EXPECT_GT(fcc.read_double("/", "shear_modulus_GPa"), fcc.read_double("/", "shear_modulus_reuss_GPa"));

    // Finished with these settings, and not made again.
    const auto written = std::filesystem::last_write_time(study.study.output + "/samples/0000/moduli.h5");
    run(study);
    EXPECT_EQ(std::filesystem::last_write_time(study.study.output + "/samples/0000/moduli.h5"), written);
}

TEST_F(StudyModuli, IsPartOfAStudyWithItsTable) {
    const StudyFile plain = read("plain.toml"), study = read("study.toml");
    for (const char* other : {"quench", "stiffness", "descriptors", "train"})
        EXPECT_EQ(study::stage_hash(plain, other), study::stage_hash(study, other));
    EXPECT_NE(study_hash(plain), study_hash(study));
    EXPECT_THROW(run(plain), InputError);
    StudyFile other = study;
    other.moduli.strain = 1e-5;
    EXPECT_NE(study::stage_hash(study, "moduli"), study::stage_hash(other, "moduli"));
    EXPECT_EQ(study::stages_upon(study, "quench").back(), "moduli");
}

}  // namespace
}  // namespace mg
