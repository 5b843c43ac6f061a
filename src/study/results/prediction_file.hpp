#pragma once
/// \file prediction.h5: the stiffness of every atom of a sample, or another property, as the networks predict it.

#include "study/model_file.hpp"
#include "study/results/result_file.hpp"

namespace mg::study {

/// n atoms in the order of ids.
struct PredictionFile {
    Property property;
    Prediction atoms;
    std::vector<int> split;   ///< (n) 0 train, 1 test, 3 excluded
    bool calibrated = false;  ///< whether the standard deviations are calibrated
    std::vector<double>
        label;  ///< (n) what was learned from, NaN where nothing is known; empty: every atom's stiffness

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        const std::string predicted = "/" + f.property.name, &unit = f.property.unit;
        v.data(predicted, f.atoms.value, unit);
        v.data("/standard_deviation", f.atoms.deviation, unit);
        v.note("/standard_deviation", "what",
               f.calibrated
                   ? "of the real value: spread of atoms that were held out, by species and prediction, and of the "
                     "networks"
                   : "of the networks from one another");
        v.data("/ensemble_deviation", f.atoms.ensemble_deviation, unit);
        v.data("/interval_90", f.atoms.interval_90, unit);
        v.note("/interval_90", "what", "half width of the interval that holds 90 % of real values");
        v.data("/novelty", f.atoms.novelty);
        v.note("/novelty", "what", "distance from the training atoms; above 1 it resembles none");
        v.data("/split", f.split);
        v.note("/split", "what", "0 train, 1 test, 3 excluded");
        v.optional_data("/label", f.label, unit);
        if (!f.label.empty()) v.note("/label", "what", "what is known of the atom; NaN: nothing, or not asked for");
        v.note("/", "property", f.property.name);
        v.note("/", "unit", unit);
    }
};

}  // namespace mg::study
