#include "io/toml_reader.hpp"

#include <fmt/format.h>

#include <stdexcept>

// toml++ 3.3 asserts, and without assertions assumes, what malformed text can break ("[" with no name behind it): a
// study file must not abort the program, so its assertions throw, whatever the build.
#undef NDEBUG
namespace mg::io {
static constexpr void require_of_parser(bool holds) {
    if (!holds) throw std::logic_error("the parser of TOML lost its way");
}
}  // namespace mg::io
#define TOML_ASSERT(expr) ::mg::io::require_of_parser(static_cast<bool>(expr))
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "io/text.hpp"
#include "io/toml_writer.hpp"

namespace mg::io {
namespace {

// ---- Syntax ---------------------------------------------------------------------------------------------------------

struct SyntaxFault {
    long line, column;
    std::string why;
};

/// The first line that starts like the name of a table but has no name.
SyntaxFault find_nameless_table(const std::string& text) {
    LineReader lines(text);
    for (std::string_view line; lines.next(line);) {
        std::size_t at = line.find_first_not_of(" \t");
        if (at == std::string_view::npos || line[at] != '[') continue;
        ++at;
        if (at < line.size() && line[at] == '[') ++at;
        at = std::min(line.size(), line.find_first_not_of(" \t", at));
        const bool named = at < line.size() && (std::isalnum(static_cast<unsigned char>(line[at])) ||
                                                std::string_view("\"'_-").find(line[at]) != std::string_view::npos);
        if (!named) return {lines.number(), static_cast<long>(at) + 1, "the name of a table is wanted after '['"};
    }
    return {1, 1, "the parser cannot make sense of it"};
}

/// TOML has characters beyond ASCII in strings and comments alone. The parser's tables of blanks do not cover all of
/// them, so it never sees one elsewhere (but behind another fault, in a string that has no end on its line).
void refuse_foreign_characters(const std::string& text) {
    long line = 1;
    std::size_t begin = 0;     // of the line
    std::string_view closing;  // of the string that is open
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view rest = std::string_view(text).substr(at);
        if (text[at] == '\n') {
            ++line;
            begin = at + 1;
            if (closing.size() == 1) closing = {};
        } else if (!closing.empty()) {
            if (closing[0] == '"' && text[at] == '\\')
                ++at;
            else if (rest.starts_with(closing)) {
                at += closing.size() - 1;
                closing = {};
            }
        } else if (text[at] == '#') {
            at = std::min(text.find('\n', at), text.size()) - 1;
        } else if (text[at] == '"' || text[at] == '\'') {
            for (const std::string_view quotes : {"\"\"\"", "\'\'\'", "\"", "\'"})
                if (closing.empty() && rest.starts_with(quotes)) closing = quotes;
            at += closing.size() - 1;
        } else if (static_cast<unsigned char>(text[at]) >= 0x80) {
            throw SyntaxFault{line, static_cast<long>(at - begin) + 1,
                              "a character beyond ASCII stands outside of quotes and comments"};
        }
    }
}

/// Parses TOML; throws SyntaxFault.
toml::table parse_toml(const std::string& text) {
    // A mark of its byte order may come first.
    refuse_foreign_characters(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw SyntaxFault{error.source().begin.line, error.source().begin.column, shown(error.description())};
    } catch (const std::logic_error&) {
        throw find_nameless_table(text);
    }
}

// ---- Overrides ------------------------------------------------------------------------------------------------------

bool is_bare_word(std::string_view text) {
    return !text.empty() && text.find_first_of("\"'[]{},=#\n\r\t") == std::string_view::npos;
}

struct SetFault {
    std::string label, problem, why, remedy;
};

/// Puts "table.key=value" into the study, or tells what is wrong with it.
std::optional<SetFault> apply_override(toml::table& root, const std::string& text, std::set<std::string>& overridden) {
    const std::size_t equals = text.find('=');
    const std::string full = text.substr(0, equals);
    const std::size_t dot = full.find('.');
    if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 == full.size() ||
        full.find('.', dot + 1) != std::string::npos)
        return SetFault{shown(full), "'" + shown(text) + "' sets nothing", "table.key=value is wanted",
                        "write e.g. --set quench.samples=2"};
    const std::string value = text.substr(equals + 1);
    toml::table parsed;
    try {
        parsed = parse_toml("value = " + value);
    } catch (const SyntaxFault& fault) {
        if (!is_bare_word(value))
            return SetFault{shown(full), "'" + shown(value) + "' is no TOML value", fault.why,
                            "quote the whole argument for the shell, e.g. --set 'train.hidden=[100, 100]'"};
        parsed.insert_or_assign("value", value);
    }
    if (parsed.size() != 1)
        return SetFault{shown(full), "'" + shown(value) + "' is more than one value", "table.key=value is wanted",
                        "give --set once per key"};
    const std::string table = full.substr(0, dot);
    if (!root.get(table)) root.insert(table, toml::table{});
    if (toml::table* inside = root.get_as<toml::table>(table)) {
        inside->insert_or_assign(full.substr(dot + 1), std::move(*parsed.get("value")));
        overridden.insert(full);
    }
    return std::nullopt;
}

// ---- Kinds of values ---------------------------------------------------------------------------------------------

const char* kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number with a decimal point";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or a time";
    }
}

/// The names of the keys of a table, in their order.
struct KnownTable {
    std::string name;
    Words keys;
};

}  // namespace

// ---- The reader -----------------------------------------------------------------------------------------------------

class TomlReader::Impl {
public:
    Impl(const std::string& path, const std::vector<std::string>& overrides) : path_(path) {
        try {
            root_ = parse_toml(read_bytes(path));
        } catch (const SyntaxFault& fault) {
            throw InputError(fmt::format("{}:{}:{}: this is not TOML", path, fault.line, fault.column), fault.why,
                             "see https://toml.io, and put texts in quotation marks");
        }
        for (const std::string& text : overrides)
            if (const auto fault = apply_override(root_, text, overridden_))
                complain_of_set(fault->label, fault->problem, fault->why, fault->remedy);
    }

    void table(const char* name) {
        known_.push_back({name, {}});
        table_ = nullptr;
        const toml::node* node = root_.get(name);
        if (!node) return;
        table_ = node->as_table();
        if (!table_)
            complain(node->source().begin, "", fmt::format("'{}' is {}", name, kind_of(*node)), "it is a table of keys",
                     fmt::format("write [{}] on a line of its own and its keys below", name));
    }
    bool has_table(const char* name) const { return root_.contains(name); }

    template <class T, class... Rules>
    void key(const char* name, T& value, const Rules&... rules) {
        known_.back().keys.push_back(name);
        key_ = name;
        full_ = known_.back().name + "." + key_;
        const toml::node* node = table_ ? table_->get(key_) : nullptr;
        if (!node) return;
        given_.insert(full_);
        T read{};
        const std::size_t faults = faults_.size();
        example_ = toml_of(value);
        take(*node, read, rules...);
        if (faults_.size() == faults)
            value = std::move(read);
        else
            faulty_.insert(full_);
    }

    bool given(const std::string& full) const { return given_.count(full) > 0; }
    bool sound(std::initializer_list<const char*> keys) const {
        return std::none_of(keys.begin(), keys.end(), [&](const char* key) { return faulty_.count(key) > 0; });
    }

    void fault(const std::string& full, const std::string& problem, const std::string& why, const std::string& remedy,
               int item) {
        const std::size_t dot = full.find('.');
        const toml::node* node = root_.get(full.substr(0, dot));
        toml::source_position place{1, 1};
        if (node) {
            place = node->source().begin;
            const toml::table* table = node->as_table();
            if (const toml::node* found = table ? table->get(full.substr(dot + 1)) : nullptr) {
                place = found->source().begin;
                const toml::array* list = found->as_array();
                if (item >= 0 && list && static_cast<std::size_t>(item) < list->size())
                    place = (*list)[static_cast<std::size_t>(item)].source().begin;
            }
        }
        faulty_.insert(full);
        complain(place, full, problem, why, remedy);
    }

    void find_strangers() {
        for (const auto& [name, node] : root_) {
            const std::string table(name.str());
            const auto known = std::find_if(known_.begin(), known_.end(),
                                            [&](const KnownTable& candidate) { return candidate.name == table; });
            if (known == known_.end())
                complain_of_stranger(name, node);
            else if (const toml::table* inside = node.as_table())
                for (const auto& [key, value] : *inside) {
                    const std::string word(key.str());
                    if (contains(known->keys, word)) continue;
                    const std::string nearest = nearest_word(word, known->keys);
                    complain(key.source().begin, table + "." + word,
                             fmt::format("unknown key '{}' in [{}]", shown(word), table),
                             fmt::format("[{}] has {}", table, comma_separated(known->keys)),
                             nearest.empty() ? where_is(word, table) : fmt::format("did you mean '{}'?", nearest));
                }
        }
    }

    void finish() const {
        if (faults_.empty()) return;
        std::vector<Fault> faults = faults_;
        std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
            return std::tie(a.of_set, a.line, a.column) < std::tie(b.of_set, b.line, b.column);
        });
        std::string text;
        for (const Fault& fault : faults) text += (text.empty() ? "" : "\n") + fault.text;
        throw InputError(text);
    }

private:
    struct Fault {
        bool of_set;
        long line, column;
        std::string text;
    };

    /// For an override that cannot even be put into its place.
    void complain_of_set(const std::string& label, const std::string& problem, const std::string& why,
                         const std::string& remedy) {
        faults_.push_back({true, 0, 0, fmt::format("--set {}: {} ({}); {}", label, problem, why, remedy)});
    }

    void complain(toml::source_position place, const std::string& full, const std::string& problem,
                  const std::string& why, const std::string& remedy) {
        if (overridden_.count(full)) return complain_of_set(shown(full), problem, why, remedy);
        const long line = std::max<long>(1, place.line), column = std::max<long>(1, place.column);
        faults_.push_back(
            {false, line, column, fmt::format("{}:{}:{}: {} ({}); {}", path_, line, column, problem, why, remedy)});
    }
    /// A fault of a table, which an override may have brought in.
    void complain_of_override(toml::source_position place, const std::string& table, const std::string& problem,
                              const std::string& why, const std::string& remedy) {
        if (place.line == 0)
            for (const std::string& full : overridden_)
                if (full.starts_with(table + ".")) return complain_of_set(shown(full), problem, why, remedy);
        complain(place, "", problem, why, remedy);
    }
    /// A fault of the key that is being read.
    void wrong(const toml::node& node, const std::string& problem, const std::string& why, const std::string& remedy) {
        complain(node.source().begin, full_, problem, why, remedy);
    }
    void wrong_type(const toml::node& node, const std::string& wanted, const std::string& remedy = "") {
        wrong(node, fmt::format("{} is {}", full_, kind_of(node)), wanted + " is wanted",
              remedy.empty() ? fmt::format("write it as in {} = {}", key_, example_) : remedy);
    }

    /// Something outside all tables, or a table, that does not exist.
    void complain_of_stranger(const toml::key& name, const toml::node& node) {
        const std::string word(name.str());
        if (!node.is_table())
            return complain(name.source().begin, "", fmt::format("unknown key '{}' outside all tables", shown(word)),
                            "every key stands in a table", where_is(word, ""));
        Words tables;
        for (const KnownTable& known : known_) tables.push_back(known.name);
        const std::string nearest = nearest_word(word, tables);
        complain_of_override(name.source().begin, word, fmt::format("unknown table [{}]", shown(word)),
                             "the tables are " + comma_separated(tables),
                             nearest.empty() ? "remove it" : "did you mean [" + nearest + "]?");
    }
    std::string where_is(const std::string& word, const std::string& but) const {
        for (const auto& [table, keys] : known_)
            if (table != but && contains(keys, word)) return fmt::format("'{}' belongs in [{}]", word, table);
        return "remove it";
    }

    // ---- one overload per type of member; each adds a fault or sets `value`
    void take(const toml::node& node, bool& value) {
        if (!node.is_boolean()) return wrong_type(node, "true or false");
        value = node.as_boolean()->get();
    }
    void take(const toml::node& node, double& value, const Limits& limits) {
        if (!node.is_number()) return wrong_type(node, "a number");
        value = node.is_integer() ? static_cast<double>(node.as_integer()->get()) : node.as_floating_point()->get();
        if (!std::isfinite(value))
            return wrong(node, fmt::format("{} is {}", full_, std::isnan(value) ? "not a number" : "infinite"),
                         "a finite number is wanted", "give a number " + limits.text());
        check(node, value, limits, toml_of(value));
    }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void take(const toml::node& node, Integer& value, const Limits& limits) {
        if (const auto* number = node.as_floating_point()) {
            const double x = number->get();
            const bool whole = std::isfinite(x) && x == std::floor(x) && std::abs(x) < 1e15;
            return wrong_type(node, "a whole number", whole ? fmt::format("write {} = {:.0f}", key_, x) : "");
        }
        if (!node.is_integer()) return wrong_type(node, "a whole number");
        const std::int64_t number = node.as_integer()->get();
        // The limits of ints lie within int, so that the conversion below keeps the value.
        if (check(node, static_cast<double>(number), limits, std::to_string(number)))
            value = static_cast<Integer>(number);
    }
    bool check(const toml::node& node, double value, const Limits& limits, const std::string& text) {
        if (limits.contain(value)) return true;
        wrong(node, fmt::format("{} = {} is out of range", full_, text), limits.why, "give a number " + limits.text());
        return false;
    }
    void take(const toml::node& node, std::string& value) {
        if (!node.is_string()) return wrong_type(node, "a string", "put it in quotation marks");
        value = node.as_string()->get();
        if (value.empty()) wrong(node, full_ + " is empty", "a text is wanted", "give one or remove the key");
        if (value.find('\0') != std::string::npos)
            wrong(node, full_ + " has a zero byte", "no file name can hold one", "remove it");
    }
    void take(const toml::node& node, std::string& value, const FileName&) { take(node, value); }
    void take(const toml::node& node, std::string& value, const Words& words) {
        if (!node.is_string()) return wrong_type(node, one_of(words));
        value = node.as_string()->get();
        if (contains(words, value)) return;
        const std::string nearest = nearest_word(value, words);
        wrong(node, fmt::format("{} = \"{}\" is unknown", full_, shown(value)), "it may be " + one_of(words),
              nearest.empty() ? "choose one of these" : fmt::format("did you mean \"{}\"?", nearest));
    }
    template <class T, class... Rules>
    void take(const toml::node& node, std::vector<T>& value, const Rules&... rules) {
        const toml::array* list = node.as_array();
        if (!list) return wrong_type(node, "a list", fmt::format("put it in brackets: {} = [...]", key_));
        for (const toml::node& item : *list) {
            T read{};
            take(item, read, rules...);
            value.push_back(std::move(read));
        }
    }
    template <class T>
    void take(const toml::node& node, std::optional<T>& value, const Limits& limits) {
        if (const auto* word = node.as_string()) {
            if (word->get() == "auto") return;
            return wrong(node, fmt::format("{} = \"{}\" is unknown", full_, shown(word->get())),
                         "it may be \"auto\" or a number", "give a number " + limits.text() + ", or \"auto\"");
        }
        T read{};
        take(node, read, limits);
        value = read;
    }
    void take(const toml::node& node, Selection& value, const SelectionRule& rule) {
        const std::string wanted = fmt::format("{}, or {}", one_of(rule.words), rule.others);
        if (const toml::array* list = node.as_array()) {
            value.kind = Selection::Kind::list;
            take(*list, value.list, from(rule.lowest, 1e15, "they are counted"));
            if (list->empty()) wrong(node, full_ + " is empty", wanted + " is wanted", "name some, or remove the key");
            if (std::set<long>(value.list.begin(), value.list.end()).size() < value.list.size())
                wrong(node, full_ + " names one twice", "each is done once", "remove the second");
        } else if (node.is_string()) {
            value.kind = Selection::Kind::word;
            value.word = node.as_string()->get();
            if (!contains(rule.words, value.word))
                wrong(node, fmt::format("{} = \"{}\" is unknown", full_, shown(value.word)), wanted + " is wanted",
                      "choose one of these");
        } else if (rule.takes_number && node.is_number()) {
            value.kind = Selection::Kind::number;
            take(node, value.number, above(0, 1, "it is a share of the atoms"));
        } else {
            wrong_type(node, wanted);
        }
    }

    std::string path_;
    toml::table root_;
    std::set<std::string> overridden_, given_, faulty_;
    std::vector<KnownTable> known_;  ///< all that was shown so far
    std::string key_, full_, example_;
    const toml::table* table_ = nullptr;
    std::vector<Fault> faults_;
};

TomlReader::TomlReader(const std::string& path, const std::vector<std::string>& overrides)
    : impl_(std::make_unique<Impl>(path, overrides)) {}
TomlReader::~TomlReader() = default;

bool TomlReader::given(const std::string& full) const { return impl_->given(full); }
bool TomlReader::sound(std::initializer_list<const char*> keys) const { return impl_->sound(keys); }
void TomlReader::fault(const std::string& full, const std::string& problem, const std::string& why,
                       const std::string& remedy, int item) {
    impl_->fault(full, problem, why, remedy, item);
}
void TomlReader::find_strangers() { impl_->find_strangers(); }
void TomlReader::finish() const { impl_->finish(); }

void TomlReader::table(const char* name, const char*) { impl_->table(name); }
bool TomlReader::optional_table(const char* name, const char*, bool& is_there) {
    impl_->table(name);
    is_there = impl_->has_table(name);
    return true;
}

template <class T, class... Rules>
void TomlReader::key(const char* name, T& value, const Rules&... rules) {
    impl_->key(name, value, rules...);
}
template void TomlReader::key(const char*, bool&);
template void TomlReader::key(const char*, int&, const Limits&);
template void TomlReader::key(const char*, long&, const Limits&);
template void TomlReader::key(const char*, std::uint64_t&, const Limits&);
template void TomlReader::key(const char*, double&, const Limits&);
template void TomlReader::key(const char*, std::string&);
template void TomlReader::key(const char*, std::string&, const Words&);
template void TomlReader::key(const char*, std::string&, const FileName&);
template void TomlReader::key(const char*, std::optional<int>&, const Limits&);
template void TomlReader::key(const char*, std::optional<double>&, const Limits&);
template void TomlReader::key(const char*, std::vector<int>&, const Limits&);
template void TomlReader::key(const char*, std::vector<double>&, const Limits&);
template void TomlReader::key(const char*, std::vector<std::string>&);
template void TomlReader::key(const char*, std::vector<std::string>&, const Words&);
template void TomlReader::key(const char*, std::vector<std::string>&, const FileName&);
template void TomlReader::key(const char*, std::vector<std::vector<int>>&, const Limits&);
template void TomlReader::key(const char*, Selection&, const SelectionRule&);

}  // namespace mg::io
