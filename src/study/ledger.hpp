#pragma once
/// \file The ledger of an output directory, stages.json: which stages have begun or finished, with which settings.

#include <map>
#include <optional>
#include <string>

namespace mg::study {

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

    void begin(const std::string& stage, const std::string& hash) { entries_[stage] = {.begun = hash}; }
    void spend(const std::string& stage, double seconds) { entries_[stage].seconds = seconds; }
    void finish(const std::string& stage, const std::string& hash, double seconds) {
        entries_[stage] = {.hash = hash, .seconds = seconds};
    }
    void erase(const std::string& stage) { entries_.erase(stage); }
    /// Throws Error where the disk does not take it.
    void write() const;

private:
    struct Entry {
        std::string hash = "", begun = "";
        std::optional<double> seconds = {};
    };
    std::string path_;
    std::map<std::string, Entry> entries_;
};

}  // namespace mg::study
