#pragma once
/// \file Result files: HDF5 files, each with one table of its fields, from which it is written and read.
///
/// A file is a struct with a static member template visit(v, file), which shows every field to a visitor, in the order
/// of the file:
///   v.data(name, vector, unit, dims)            a dataset; dims where it has more than one dimension
///   v.optional_data(...)                        likewise, one that is not written where it is empty, and stays empty
///                                               where a file lacks it
///   v.attribute(object, name, value)            of a dataset, a group or "/"
///   v.note(object, name, text)                  an attribute for people, written and not read

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace mg::study {

/// What a result file is.
struct Origin {
    std::string file;   ///< its name, e.g. stiffness.h5
    std::string stage;  ///< that wrote it
    std::string hash;   ///< of all settings that it follows from
    long sample = 0;
};

/// What every result file holds as attributes.
struct Stamp {
    std::string version;  ///< of the program, with the revision
    std::uint64_t seed = 0;
    std::string study_hash, potential_sha256;
    Origin origin;
};

void write_stamp(io::H5File& file, const Stamp& stamp);

/// Opens a result file that must be whole, as its seal says, and of that origin. Throws InputError, which says what the
/// file is instead.
io::H5File open_result(const std::string& path, const Origin& origin);
/// The same of a file that is open.
void require_origin(const io::H5File& file, const Origin& origin);

namespace result_file {

struct Writer {
    io::H5File& h5;

    template <class T>
    void data(const std::string& name, const std::vector<T>& values, const std::string& unit = "",
              const std::vector<std::size_t>& dims = {}) {
        h5.write(name, values, dims, unit);
    }
    void data(const std::string& name, const std::vector<Vec3>& values, const std::string& unit = "",
              const std::vector<std::size_t>& dims = {}) {
        if (dims.empty()) return h5.write(name, values, unit);
        const auto* flat = reinterpret_cast<const double*>(values.data());
        h5.write(name, std::span<const double>(flat, 3 * values.size()), dims, unit);
    }
    template <class T>
    void optional_data(const std::string& name, const std::vector<T>& values, const std::string& unit = "",
                       const std::vector<std::size_t>& dims = {}) {
        if (!values.empty()) data(name, values, unit, dims);
    }
    template <class T>
    void attribute(const std::string& object, const std::string& name, const T& value) {
        h5.write_attribute(object, name, value);
    }
    template <class Text>
    void note(const std::string& object, const std::string& name, const Text& text) {
        h5.write_attribute(object, name, text);
    }
};

struct Reader {
    const io::H5File& h5;
    const std::set<std::string>& only;  ///< datasets that are wanted, with their attributes; empty: all

    template <class T>
    void data(const std::string& name, std::vector<T>& values, const std::string& = "",
              const std::vector<std::size_t>& = {}) {
        if (wanted(name)) values = h5.read<T>(name);
    }
    void data(const std::string& name, std::vector<Vec3>& values, const std::string& = "",
              const std::vector<std::size_t>& = {}) {
        if (!wanted(name)) return;
        const std::vector<double> flat = h5.read<double>(name);
        for (std::size_t k = 0; k + 2 < flat.size(); k += 3) values.push_back({flat[k], flat[k + 1], flat[k + 2]});
    }
    template <class T>
    void optional_data(const std::string& name, std::vector<T>& values, const std::string& = "",
                       const std::vector<std::size_t>& = {}) {
        if (h5.exists(name)) data(name, values);
    }
    template <class T>
    void attribute(const std::string& object, const std::string& name, T& value) {
        if (wanted(object) && h5.exists(object) && h5.has_attribute(object, name)) get(object, name, value);
    }
    template <class Text>
    void note(const std::string&, const std::string&, const Text&) {}

private:
    bool wanted(const std::string& name) const { return only.empty() || only.count(name) > 0; }
    void get(const std::string& object, const std::string& name, std::string& v) { v = h5.read_string(object, name); }
    void get(const std::string& object, const std::string& name, double& v) { v = h5.read_double(object, name); }
    void get(const std::string& object, const std::string& name, long& v) { v = h5.read_long(object, name); }
    void get(const std::string& object, const std::string& name, std::vector<std::string>& v) {
        v = h5.read_strings(object, name);
    }
};

}  // namespace result_file

/// Writes a stamped and sealed file, whole or not at all.
template <class File>
void write_result(const std::string& path, const File& file, const Stamp& stamp) {
    io::H5File h5 = io::H5File::create(path, true);
    result_file::Writer writer{h5};
    File::visit(writer, file);
    write_stamp(h5, stamp);
    h5.close();
}

/// The fields of a file, or only the datasets named in `only`, with their attributes. Throws InputError where they are
/// not there.
template <class File>
File read_fields(const io::H5File& h5, const std::set<std::string>& only = {}) {
    File file;
    result_file::Reader reader{h5, only};
    File::visit(reader, file);
    return file;
}

}  // namespace mg::study
