#include "study/ledger.hpp"

#include <filesystem>

#include "core/error.hpp"
#include "io/json.hpp"

namespace mg::study {

Ledger::Ledger(std::string path) : path_(std::move(path)) {
    if (!std::filesystem::exists(path_)) return;
    const nlohmann::json file = io::read_json(path_);
    try {
        if (!file.is_object()) throw InputError("it is no object");
        for (const auto& [stage, entry] : file.items()) {
            LedgerEntry& e = entries_[stage];
            e.hash = entry.value("hash", "");
            e.begun = entry.value("begun", "");
            e.settings = entry.value("settings", "");
            if (entry.contains("seconds")) e.seconds = entry.at("seconds").get<double>();
        }
    } catch (const std::exception& error) {
        throw InputError("'" + path_ + "' is damaged", error.what(),
                         "restore it; without it all stages run again, and results go to set-aside");
    }
}

std::string Ledger::finished_under(const std::string& stage) const {
    const auto found = entries_.find(stage);
    return found == entries_.end() ? "" : found->second.hash;
}

std::string Ledger::begun_under(const std::string& stage) const {
    const auto found = entries_.find(stage);
    return found == entries_.end() ? "" : found->second.begun;
}

LedgerEntry Ledger::entry(const std::string& stage) const {
    const auto found = entries_.find(stage);
    return found == entries_.end() ? LedgerEntry() : found->second;
}

double Ledger::seconds(const std::string& stage) const {
    const auto found = entries_.find(stage);
    return found == entries_.end() ? 0.0 : found->second.seconds.value_or(0.0);
}

void Ledger::write() const {
    nlohmann::json file = nlohmann::json::object();
    for (const auto& [stage, e] : entries_) {
        nlohmann::json& entry = file[stage] = nlohmann::json::object();
        if (!e.hash.empty()) entry["hash"] = e.hash;
        if (!e.begun.empty()) entry["begun"] = e.begun;
        if (e.seconds) entry["seconds"] = *e.seconds;
        if (!e.settings.empty()) entry["settings"] = e.settings;
    }
    io::write_json(path_, file);
}

}  // namespace mg::study
