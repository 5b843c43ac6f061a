#include "io/xyz_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace mg::io {
namespace {

class Text {
public:
    Text(const std::string& path, int digits) : path_(path), digits_(digits) {}

    void number(double value, const std::string& name, long id) {
        if (!std::isfinite(value))
            throw Error("'" + path_ + "' was not written", name + " of atom " + std::to_string(id) + " is not finite",
                        "the calculation behind it went wrong");
        char buffer[40];
        const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits_);
        bytes_.append(buffer, result.ptr);
    }
    void integer(long value) { bytes_ += std::to_string(value); }
    void add(const std::string& text) { bytes_ += text; }
    const std::string& bytes() const { return bytes_; }

private:
    std::string path_, bytes_;
    int digits_;
};

}  // namespace

std::string xyz_text(const std::string& path, const Structure& structure, const std::vector<XyzColumn>& columns,
                     const std::string& extra_comment, int digits) {
    const auto n = static_cast<std::size_t>(structure.size());
    std::vector<XyzColumn> all = columns;
    const auto is_id = [](const XyzColumn& column) { return column.name == "id"; };
    if (std::none_of(all.begin(), all.end(), is_id)) all.push_back({"id", 1, {}, {}, {}});
    std::string properties = "species:S:1:pos:R:3";
    for (XyzColumn& column : all) {
        if (is_id(column)) {
            column = {"id", 1, {}, structure.id, {}};
        }
        const std::size_t length = n * static_cast<std::size_t>(column.width);
        const bool fits[3] = {column.values.size() == length, column.integers.size() == length,
                              column.texts.size() == length};
        const int filled = !column.values.empty() + !column.integers.empty() + !column.texts.empty();
        if (n > 0 && (filled != 1 || !(fits[0] || fits[1] || fits[2])))
            throw Error("'" + path + "' was not written",
                        "column " + column.name + " does not have " + std::to_string(length) + " values",
                        "this is a fault of the program: report it");
        properties += ":" + column.name +
                      (!column.integers.empty() ? ":I:"
                       : !column.texts.empty()  ? ":S:"
                                                : ":R:") +
                      std::to_string(column.width);
    }

    Text text(path, std::clamp(digits, 1, 17));
    text.integer(static_cast<long>(n));
    text.add("\nLattice=\"");
    for (int vector = 0; vector < 3; ++vector)
        for (int axis = 0; axis < 3; ++axis) {
            if (vector + axis > 0) text.add(" ");
            text.number(structure.box.h(axis, vector), "the cell", 0);
        }
    text.add("\"");
    const Vec3 origin = structure.origin;
    if (origin.x != 0 || origin.y != 0 || origin.z != 0) {
        text.add(" Origin=\"");
        text.number(origin.x, "the origin", 0), text.add(" ");
        text.number(origin.y, "the origin", 0), text.add(" ");
        text.number(origin.z, "the origin", 0), text.add("\"");
    }
    text.add(" Properties=" + properties + " pbc=\"T T T\"");
    if (!extra_comment.empty()) {
        std::string comment = extra_comment;
        // A line break would end the second line and shift all atoms.
        std::replace_if(
            comment.begin(), comment.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
        text.add(" " + comment);
    }
    text.add("\n");
    for (std::size_t i = 0; i < n; ++i) {
        const long id = structure.id[i];
        text.add(structure.elements[static_cast<std::size_t>(structure.species[i])]);
        const Vec3 x = structure.position[i] + origin;
        for (double component : {x.x, x.y, x.z}) text.add(" "), text.number(component, "the position", id);
        for (const XyzColumn& column : all)
            for (std::size_t k = i * static_cast<std::size_t>(column.width);
                 k < (i + 1) * static_cast<std::size_t>(column.width); ++k) {
                text.add(" ");
                if (!column.integers.empty())
                    text.integer(column.integers[k]);
                else if (!column.texts.empty())
                    text.add(column.texts[k]);
                else if (column.has_gaps && std::isnan(column.values[k]))
                    text.add("nan");
                else
                    text.number(column.values[k], column.name, id);
            }
        text.add("\n");
    }
    return text.bytes();
}

void write_xyz(const std::string& path, const Structure& structure, const std::vector<XyzColumn>& columns,
               const std::string& extra_comment, int digits) {
    write_file_atomically(path, xyz_text(path, structure, columns, extra_comment, digits));
}

}  // namespace mg::io
