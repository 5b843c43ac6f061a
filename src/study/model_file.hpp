#pragma once
/// \file The model file: one self-describing HDF5 with everything that a prediction needs.

#include <map>
#include <string>
#include <vector>

#include "nn/model.hpp"

namespace mg {

/// What a model file holds.
struct ModelFile {
    std::vector<Model> ensemble;                 ///< networks of one study, alike in inputs; at least one
    std::string descriptor_kind;                 ///< "rdf", "rdf_species" or "radial"
    std::string descriptor_positions;            ///< "inherent", "mean" or "snapshot"
    std::map<std::string, double> descriptor;    ///< the descriptor's numbers under their key names, e.g. "bin_A"
    std::vector<std::string> feature_names;      ///< (inputs), or empty
    std::vector<std::string> elements;           ///< (species)
    std::vector<double> masses;                  ///< [u] (species)
    std::string potential_name;                  ///< file name, without folder
    std::string potential_sha256;
    std::vector<unsigned char> potential_bytes;  ///< the potential's file, byte by byte; may be empty
    std::string training_sha256;                 ///< of the training set
    std::string metrics_json;                    ///< JSON text
    std::string provenance_json;                 ///< JSON text: version, configuration, seed
    std::map<std::string, std::vector<double>> tables;  ///< further named numbers, e.g. a calibration of errors
};

/// Writes a sealed file under `path`, whole or not at all. Throws Error where writing fails or the models do not fit
/// one another.
void write_model(const std::string& path, const ModelFile& model);

/// Reads and checks a model: seal, shapes, finite numbers, and the hash of the potential's bytes. Throws InputError.
ModelFile read_model(const std::string& path);

}  // namespace mg
