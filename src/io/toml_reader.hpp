#pragma once
/// \file Reads a TOML file (https://toml.io) into a struct that shows its tables and keys, and reports all faults of
/// the file at once.
///
/// A struct shows them in a member template: what reads, writes and hashes the struct are visitors of it.
///
///     struct Oven {
///         double heat_K = 500;
///         template <class Visitor>
///         void visit(Visitor& v) {
///             v.table("oven", "Where it is warm.");
///             v.key("heat_K", heat_K, io::above(0, 1000, "it is an absolute temperature"));
///         }
///     };
///
/// A visitor has
///     shows(has_use)                        whether to show keys that this struct may have no use for
///     table(name, comment)                  the keys that follow are those of the table
///     optional_table(name, comment, there)  the same for a table that a file may do without; false: show no keys
///     key(name, member, rules...)           bool; Limits for numbers; nothing, Words or FileName for std::string;
///                                           lists of these; Limits for std::optional, empty where the file says
///                                           "auto"; nothing for an enumeration; SelectionRule for Selection

#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "io/key_rules.hpp"

namespace mg::io {

/// A visitor that sets the members whose keys the file has, leaves the others as they are, and collects faults, each
/// "file:line:column: problem (why); what to do".
class TomlReader {
public:
    /// Reads and parses the file. `overrides` are "table.key=value", put in place of what the file says; the value is
    /// TOML, and a bare word that is not TOML is a string. Faults of an override are located as "--set table.key".
    ///
    /// Throws InputError where the file cannot be read or is not TOML.
    TomlReader(const std::string& path, const std::vector<std::string>& overrides);
    ~TomlReader();
    TomlReader(const TomlReader&) = delete;
    TomlReader& operator=(const TomlReader&) = delete;

    /// Reads all tables and keys that `file` shows; others in the file are faults.
    template <class File>
    void read(File& file) {
        file.visit(*this);
        find_strangers();
    }

    /// Whether the file has the key ("table.key"), valid or not.
    bool given(const std::string& full) const;
    /// Whether none of the keys had a fault, so that they may be compared.
    bool sound(std::initializer_list<const char*> keys) const;
    /// A fault of one key, at its value, or at the value's item of that number; where the file does not have the key,
    /// at its table or the file's start.
    void fault(const std::string& full, const std::string& problem, const std::string& why, const std::string& remedy,
               int item = -1);
    /// Throws one InputError with all faults, a line each, in the order of the file, those of overrides last.
    void finish() const;

    // ---- what a visitor has
    bool shows(bool) const { return true; }
    void table(const char* name, const char* comment);
    bool optional_table(const char* name, const char* comment, bool& is_there);
    template <class T, class... Rules>
    void key(const char* name, T& value, const Rules&... rules);
    template <class E>
    requires std::is_enum_v<E>
    void key(const char* name, E& value) {
        std::string word = word_of(value);
        key(name, word, all_words<E>());
        value = value_of<E>(word);
    }

private:
    void find_strangers();

    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mg::io
