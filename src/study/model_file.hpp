#pragma once
/// \file The model file: one self-describing HDF5 with everything that a prediction needs.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/onnx.hpp"
#include "nn/uncertainty.hpp"
#include "study/inputs.hpp"
#include "study/surroundings.hpp"

namespace mg::study {

/// What a model file holds, beside what its networks read.
struct ModelFile : InputRecipe {
    std::vector<Model> ensemble;  ///< networks of one study, alike in inputs; at least one
    Property property;
    std::string positions = "inherent";  ///< "inherent", "mean" or "snapshot"
    std::vector<std::string> elements;   ///< (species)
    std::vector<double> masses;          ///< [u] (species)
    std::vector<std::string> learned;    ///< elements whose atoms are predicted, all others are NaN; empty: all
    std::string potential_name;          ///< file name, without folder
    std::string potential_sha256;
    std::vector<unsigned char> potential_bytes;      ///< the potential's file, byte by byte; may be empty
    std::string training_sha256;                     ///< of the training set
    std::string metrics_json;                        ///< JSON text
    std::string provenance_json;                     ///< JSON text: version, configuration, seed
    ErrorModel errors;                               ///< may be uncalibrated
    Novelty novelty;                                 ///< may be uncalibrated
    std::vector<double> least_share, largest_share;  ///< (species) of the atoms of a training sample; may be empty
    KnownSurroundings known;                         ///< may be blank
};

/// What a model reads of a structure with n atoms.
struct AtomInputs {
    std::span<const double> features;           ///< (n, inputs)
    std::span<const int> species;               ///< (n) indices into the model's elements
    std::span<const double> surroundings = {};  ///< (n, 2 species) as surroundings(); may be empty
    double volume_per_atom = 0;                 ///< [A^3]; 0: not known
};

/// What a model predicts for n atoms.
struct Prediction {
    std::vector<double> value;               ///< (n) of the property, in its unit as all: mean of the networks
    std::vector<double> deviation;           ///< (n) standard deviation of the real value from it
    std::vector<double> ensemble_deviation;  ///< (n) of the networks from one another; 0 for one network
    std::vector<double> interval_90;         ///< (n) half width of the interval with 90 % of real values
    std::vector<double> novelty;             ///< (n) above 1: the atom resembles none of the training atoms
};
/// Share of the atoms that are of a species.
double share_of_species(std::span<const int> species, int of);

/// Whether the model predicts atoms of a species.
bool predicts(const ModelFile& model, int species);

/// How far off the shares of species are from all samples that the model was trained on; above 1 they are not such an
/// alloy. 0 where the model does not know.
double composition_novelty(const ModelFile& model, std::span<const int> species);

/// Without a calibration the deviation is that of the networks, and novelty 0. Novelty is the largest of the atom's
/// features, of its surroundings, and of the structure's composition and volume. All is NaN for atoms that the model
/// does not predict.
template <class Space>
Prediction predict_atoms(Space space, const ModelFile& model, const AtomInputs& atoms);

/// Inputs and outputs of the model's ONNX form, for those who run it elsewhere.
OnnxDescription onnx_description(const ModelFile& model);

/// Writes a sealed file under `path`, whole or not at all. Throws Error where writing fails or where parts of the model
/// do not fit one another.
void write_model(const std::string& path, const ModelFile& model);

/// Reads and checks a model: seal, shapes, finite numbers, and the hash of the potential's bytes. Throws InputError.
ModelFile read_model(const std::string& path);

}  // namespace mg::study
