#pragma once
/// \file Results of other settings: they are moved to DIR/set-aside/STAGE-HASH, the first digits of the hash of their
/// settings, and come back when a study has these settings again. Nothing here deletes a result.
///
/// A kill may come between any two of the moves: what stands in the output directory is always of the hash that the
/// ledger has for the stage, and what stands aside of the hash in its folder's name, so that the next run goes on with
/// the moves.

#include <functional>
#include <string>
#include <vector>

#include "study/ledger.hpp"
#include "study/output_directory.hpp"

namespace mg::study {

class SetAside {
public:
    explicit SetAside(const OutputDirectory& directory) : directory_(directory) {}

    /// Whether results of these settings are there.
    bool holds(const std::string& stage, const std::string& hash) const;
    /// Moves files of a stage, paths in the output directory. Results that are about to be replaced by others of the
    /// same settings get a number of their own and do not come back. Returns the folder, or "" where there are no
    /// files. Throws Error where a file cannot be moved.
    std::string take(const Stage& stage, const LedgerEntry& entry, bool same_settings,
                     const std::vector<std::string>& files) const;
    /// What the ledger said of results that are there.
    LedgerEntry entry(const std::string& stage, const std::string& hash) const;
    /// Whether some of them would come to stand where other files are.
    bool collides(const std::string& stage, const std::string& hash) const;
    /// Moves them back, and calls noted() before it forgets what was known of them. The stage has no files. Throws
    /// Error where one cannot be moved.
    void give_back(const std::string& stage, const std::string& hash, const std::function<void()>& noted) const;

    /// Moves results of one sample back, of whatever list of samples they were a part; false where none of these
    /// settings are aside.
    bool give_back_sample(const Stage& stage, int sample, const std::string& hash) const;

    struct Record {
        std::string stage, folder;  ///< folder in the output directory
        LedgerEntry entry;
    };
    /// All that is there, by name.
    std::vector<Record> list() const;

private:
    std::string folder(const std::string& stage, const std::string& hash) const;

    const OutputDirectory& directory_;
};

}  // namespace mg::study
