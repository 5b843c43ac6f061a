#pragma once
/// \file Checkpoints: for each unit of work the newest file and the one before it, and what they hold.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "md/dynamics.hpp"
#include "nn/training.hpp"
#include "study/protocols.hpp"

namespace mg::study {

/// A checkpoint under `path`; the one before is kept as `path.before`. Both are sealed (H5File), so that a damaged one
/// is found before HDF5 reads it. At any instant at least one of them is whole, once the first has been written.
class CheckpointFile {
public:
    explicit CheckpointFile(std::string path) : path_(std::move(path)) {}
    const std::string& path() const { return path_; }

    /// Writes a new checkpoint, filled by `put`. Throws Error where it cannot be written (full disk); the old ones are
    /// untouched then.
    void write(const std::function<void(io::H5File&)>& put) const;

    /// Calls get(file) with the newest undamaged checkpoint and returns true; false where there is none. `get` throws
    /// InputError for one that it cannot use. Damaged and unusable ones are reported to `warn`.
    bool read(const std::function<void(const io::H5File&)>& get,
              const std::function<void(const std::string&)>& warn) const;

    void remove() const;

private:
    std::string before() const { return path_ + ".before"; }
    std::string path_;
};

void put(io::H5File& file, const DynamicsState& state);
DynamicsState get_dynamics_state(const io::H5File& file);

void put(io::H5File& file, const QuenchProgress& progress);
QuenchProgress get_quench_progress(const io::H5File& file);

/// The window's arrays, atoms in the order of DynamicsState. With a team (domains) collective: its first rank gives the
/// file, the others give null.
template <class Space>
void put(io::H5File* file, const Dynamics<Space>& dynamics, const StiffnessProgress<Space>& progress);
/// To be called after dynamics.restore() of the state in the same file.
template <class Space>
StiffnessProgress<Space> get_stiffness_progress(const io::H5File& file, const Dynamics<Space>& dynamics);

void put(io::H5File& file, const TrainState& state);
TrainState get_train_state(const io::H5File& file);

}  // namespace mg::study
