#pragma once
/// \file Figures, tables and report.html of a study, drawn by the Python scripts in src/report/figures.

#include <string>

namespace mg {

/// How the report bins and coarse-grains; the keys of [report] in a study file.
struct ReportOptions {
    int bin_atoms = 100;        ///< atoms per bin in K_pre against K_real, >= 1
    double coarse_grain = 6.0;  ///< [A] radius of the sphere that maps are averaged over, > 0
    double slice = 4.0;         ///< [A] thickness of the map's slice, > 0
};

/// The directory with make_report.py: $MGSTIFF_SHARE/figures where that is set (and no other then), else, from the
/// folder of the program's own file, ../share/mgstiff-gpu/figures (installed or bundled), else
/// share/mgstiff-gpu/figures (a build tree). Throws Error, naming where it looked, where none has it.
std::string find_report_scripts();

/// A Python that imports matplotlib, h5py, numpy and scipy: $MGSTIFF_PYTHON where that is set (and no other then), else
/// python3 on the PATH, else /usr/bin/python3. Throws Error with the packages to install where none does.
std::string find_report_python();

/// Draw everything that the study in `directory` has run: figures/, tables/ and report.html. What has not run is named
/// in the report. The scripts' messages go to standard error, nothing to standard output. Call it on one rank only.
/// Throws InputError where `directory` holds no study or an option is out of range; Error where Python or the scripts
/// are missing, a figure failed or nothing could be written.
void make_report(const std::string& directory, const ReportOptions& options);

}  // namespace mg
