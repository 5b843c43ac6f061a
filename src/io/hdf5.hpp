#pragma once
/// \file HDF5 files: a thin owner over the C API, whose headers stay in the source file.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/vec3.hpp"

namespace mg::io {

/// Element types T of datasets and attributes: double, float, int, long, unsigned, unsigned long, unsigned char.
/// HDF5 converts between the file's type and T when reading.
///
/// A file is made in memory and appears under its name only when close() has flushed it to disk: an exception before
/// that, or a disk that takes it only in part, leaves the old `path` and no temporary. A *sealed* file starts with a
/// 512-byte user block that holds the length and SHA-256 of the rest; open() verifies them before HDF5 parses anything.
///
/// Errors name file and object. Faults of a file that is read are InputError, of one that is written Error.
class H5File {
public:
    /// Nothing is on disk before close().
    static H5File create(const std::string& path, bool sealed = false);
    /// Opens for reading. Throws InputError where the file is missing, is not HDF5, or its seal is broken;
    /// with `must_be_sealed` also where it has none.
    static H5File open(const std::string& path, bool must_be_sealed = false);

    H5File(H5File&&) noexcept;
    H5File& operator=(H5File&&) noexcept;
    /// A created file that was not closed is discarded.
    ~H5File();

    /// Commits a created file: seal, write, fsync, rename. Throws Error; does nothing when called again.
    void close();
    const std::string& path() const;

    /// Writes a dataset; groups on the way are created. `dims` defaults to one dimension. `unit` becomes the
    /// attribute `unit`. Throws Error where the name exists, dims do not fit, or writing fails.
    template <class T>
    void write(const std::string& name, std::span<const T> values, std::vector<std::size_t> dims = {},
               const std::string& unit = "");
    template <class T>
    void write(const std::string& name, const std::vector<T>& values, std::vector<std::size_t> dims = {},
               const std::string& unit = "") {
        write(name, std::span<const T>(values), std::move(dims), unit);
    }
    /// Vectors as (n, 3).
    void write(const std::string& name, const std::vector<Vec3>& values, const std::string& unit = "");
    void create_group(const std::string& name);

    bool exists(const std::string& name) const;
    /// Names in a group, in the order of names.
    std::vector<std::string> children(const std::string& group = "/") const;
    std::vector<std::size_t> dims(const std::string& name) const;
    /// All values of a dataset, the last dimension running fastest.
    template <class T>
    std::vector<T> read(const std::string& name) const;
    /// A dataset of shape (n, 3).
    std::vector<Vec3> read_vectors(const std::string& name) const;

    /// Attributes of a dataset or group ("/" is the file's root); an existing one is replaced.
    void write_attribute(const std::string& object, const std::string& name, const std::string& value);
    void write_attribute(const std::string& object, const std::string& name, const char* value) {
        write_attribute(object, name, std::string(value));
    }
    void write_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& values);
    void write_attribute(const std::string& object, const std::string& name, double value);
    void write_attribute(const std::string& object, const std::string& name, long value);
    void write_attribute(const std::string& object, const std::string& name, int value) {
        write_attribute(object, name, static_cast<long>(value));
    }
    void write_attribute(const std::string& object, const std::string& name, const std::vector<double>& values);
    void write_attribute(const std::string& object, const std::string& name, const std::vector<long>& values);

    bool has_attribute(const std::string& object, const std::string& name) const;
    std::string read_string(const std::string& object, const std::string& name) const;
    std::vector<std::string> read_strings(const std::string& object, const std::string& name) const;
    double read_double(const std::string& object, const std::string& name) const;
    long read_long(const std::string& object, const std::string& name) const;
    std::vector<double> read_doubles(const std::string& object, const std::string& name) const;
    std::vector<long> read_longs(const std::string& object, const std::string& name) const;

private:
    struct State;
    explicit H5File(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace mg::io
