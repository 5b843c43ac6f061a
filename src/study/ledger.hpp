#pragma once
/// \file The ledger of an output directory, stages.json: which stages have begun or finished, with which settings.

#include <map>
#include <optional>
#include <string>

namespace mg::study {

/// What is known of a stage's results.
struct LedgerEntry {
    std::string hash;   ///< of the settings that it has finished under, or ""
    std::string begun;  ///< that it has begun under, or "" where it has finished
    std::optional<double> seconds = {};
    std::string settings = {};  ///< a line "table.key = value" for each, for people

    /// The hash of the settings that its files are of, finished or not; "" where nothing is known.
    const std::string& made_under() const { return hash.empty() ? begun : hash; }
};

class Ledger {
public:
    /// Reads the file where it is there. Throws InputError where it is no JSON.
    explicit Ledger(std::string path);

    bool contains(const std::string& stage) const { return entries_.count(stage) > 0; }
    /// The hash that a stage has finished under, or "".
    std::string finished_under(const std::string& stage) const;
    /// The hash that an unfinished stage has begun under, or "".
    std::string begun_under(const std::string& stage) const;
    /// Time [s] spent on a stage so far, all runs together.
    double seconds(const std::string& stage) const;

    /// What it says of a stage; nothing where it knows none.
    LedgerEntry entry(const std::string& stage) const;

    void begin(const std::string& stage, const std::string& hash, const std::string& settings) {
        entries_[stage] = {"", hash, {}, settings};
    }
    void put(const std::string& stage, const LedgerEntry& entry) { entries_[stage] = entry; }
    void spend(const std::string& stage, double seconds) { entries_[stage].seconds = seconds; }
    void finish(const std::string& stage, const std::string& hash, double seconds) {
        entries_[stage] = {hash, "", seconds, entries_[stage].settings};
    }
    void erase(const std::string& stage) { entries_.erase(stage); }
    /// Throws Error where the disk does not take it.
    void write() const;

private:
    std::string path_;
    std::map<std::string, LedgerEntry> entries_;
};

}  // namespace mg::study
