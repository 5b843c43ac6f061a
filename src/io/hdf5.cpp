#include "io/hdf5.hpp"

#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <type_traits>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/sha256.hpp"

namespace mg::io {
namespace {

constexpr const char* seal_mark = "mgstiff-gpu sealed HDF5\n";
constexpr hsize_t seal_bytes = 512;

/// Owner of an HDF5 id and of the function that closes it.
class Handle {
public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (id_ >= 0) close_(id_);
    }
    operator hid_t() const { return id_; }
    bool good() const { return id_ >= 0; }

private:
    hid_t id_;
    herr_t (*close_)(hid_t);
};

/// HDF5 prints its errors unless told not to; the setting belongs to the thread.
void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

herr_t keep_deepest(unsigned, const H5E_error2_t* error, void* text) {
    *static_cast<std::string*>(text) = error->desc ? error->desc : "";
    return 0;
}

/// What HDF5 says of the last failure, the innermost frame of its stack.
std::string reason() {
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_deepest, &text);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.empty() ? "HDF5 gives no reason" : "HDF5: " + text;
}

template <class T>
hid_t native_type() {
    if constexpr (std::is_same_v<T, double>)
        return H5T_NATIVE_DOUBLE;
    else if constexpr (std::is_same_v<T, float>)
        return H5T_NATIVE_FLOAT;
    else if constexpr (std::is_same_v<T, int>)
        return H5T_NATIVE_INT;
    else if constexpr (std::is_same_v<T, long>)
        return H5T_NATIVE_LONG;
    else if constexpr (std::is_same_v<T, unsigned>)
        return H5T_NATIVE_UINT;
    else if constexpr (std::is_same_v<T, unsigned long>)
        return H5T_NATIVE_ULONG;
    else
        return H5T_NATIVE_UCHAR;
}

/// The user block of a sealed file: length and hash of what follows it, and zeros.
std::string seal_of(long length, const std::string& sha256) {
    std::string block = std::string(seal_mark) + "length " + std::to_string(length) + "\nsha256 " + sha256 + "\n";
    block.resize(seal_bytes, '\0');
    return block;
}

}  // namespace

struct H5File::State {
    std::string path;
    hid_t file = -1;
    bool writing = false, sealed = false;

    ~State() {
        if (file >= 0) H5Fclose(file);
    }

    [[noreturn]] void fail(const std::string& object, const std::string& why) const {
        const std::string problem =
            std::string("cannot ") + (writing ? "write" : "read") + " '" + object + "' of '" + path + "'";
        if (writing) throw Error(problem, why, "check free space and quota, and that each name is written once");
        throw InputError(problem, why, "give the file that this program wrote, or make it anew");
    }

    void require_writing(const std::string& object) const {
        silence();
        if (file < 0)
            throw Error("cannot write '" + object + "' of '" + path + "'", "the file is closed",
                        "this is a fault of the program: report it");
        if (!writing)
            throw Error("cannot write '" + object + "' of '" + path + "'", "it was opened for reading",
                        "this is a fault of the program: report it");
    }
    void require_open(const std::string& object) const {
        silence();
        if (file < 0)
            throw Error("cannot use '" + object + "' of '" + path + "'", "the file is closed",
                        "this is a fault of the program: report it");
    }

    template <class T>
    void write_numbers(const std::string& object, const std::string& name, const T* values, std::size_t count,
                       bool scalar) const;
    template <class T>
    std::vector<T> read_numbers(const std::string& object, const std::string& name) const;
    hid_t new_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space) const;
    hid_t open_attribute(const std::string& object, const std::string& name) const;
};

H5File::H5File(std::unique_ptr<State> state) : state_(std::move(state)) {}
H5File::H5File(H5File&&) noexcept = default;
H5File& H5File::operator=(H5File&&) noexcept = default;
H5File::~H5File() = default;
const std::string& H5File::path() const { return state_->path; }

H5File H5File::create(const std::string& path, bool sealed) {
    silence();
    auto state = std::make_unique<State>();
    state->path = path;
    state->sealed = sealed;
    // In memory: HDF5 does not survive a disk that fails under it (it crashes when the process ends).
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_core(access, std::size_t{1} << 20, 0);
    state->file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (state->file < 0) throw Error("cannot create '" + path + "'", reason(), "check that there is enough memory");
    state->writing = true;
    return H5File(std::move(state));
}

H5File H5File::open(const std::string& path, bool must_be_sealed) {
    silence();
    const std::string remedy = "give a file that this program wrote, or make it anew";
    auto state = std::make_unique<State>();
    state->path = path;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError("cannot read '" + path + "'", std::strerror(errno), "check the path");
    std::string block(seal_bytes, '\0');
    stream.read(block.data(), seal_bytes);
    block.resize(static_cast<std::size_t>(stream.gcount()));
    if (block.starts_with(seal_mark)) {
        stream.clear();
        stream.seekg(0, std::ios::end);
        const long length = static_cast<long>(stream.tellg()) - static_cast<long>(seal_bytes);
        stream.close();
        const std::string wanted_length = "length " + std::to_string(length) + "\n";
        if (!block.starts_with(std::string(seal_mark) + "length " + std::to_string(length) + "\n"))
            throw InputError("'" + path + "' is damaged", "it has not the length that its seal says", remedy);
        if (block != seal_of(length, sha256_of_file(path, seal_bytes)))
            throw InputError("'" + path + "' is damaged", "its SHA-256 is not the one of its seal", remedy);
        state->sealed = true;
    } else if (must_be_sealed) {
        throw InputError("'" + path + "' is damaged or not a file of this program", "it has no seal", remedy);
    }
    stream.close();
    // Files are finished by a rename and never change after it, so that no lock is needed; many file systems of
    // clusters refuse one.
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_file_locking(access, false, true);
    state->file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
    if (state->file < 0) throw InputError("'" + path + "' is not an HDF5 file, or damaged", reason(), remedy);
    return H5File(std::move(state));
}

void H5File::close() {
    if (!state_ || state_->file < 0) return;
    silence();
    State& state = *state_;
    const hid_t file = state.file;
    state.file = -1;
    std::string image;
    bool whole = true;
    if (state.writing) {
        const auto size = H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 ? H5Fget_file_image(file, nullptr, 0) : -1;
        whole = size > 0;
        if (whole) {
            image.resize(static_cast<std::size_t>(size));
            whole = H5Fget_file_image(file, image.data(), image.size()) == size;
        }
    }
    const std::string why = whole ? "" : reason();
    H5Fclose(file);
    if (!state.writing) return;
    if (!whole) throw Error("cannot write '" + state.path + "'", why, "check that there is enough memory");
    if (state.sealed) image.insert(0, seal_of(static_cast<long>(image.size()), sha256_of(image)));
    write_file_atomically(state.path, image);
    state.writing = false;
}

template <class T>
void H5File::write(const std::string& name, std::span<const T> values, std::vector<std::size_t> dims,
                   const std::string& unit) {
    state_->require_writing(name);
    if (dims.empty()) dims = {values.size()};
    std::size_t count = 1;
    for (std::size_t d : dims) count *= d;
    if (count != values.size())
        state_->fail(name, "its shape has " + std::to_string(count) + " values and " + std::to_string(values.size()) +
                               " were given");
    const std::vector<hsize_t> extent(dims.begin(), dims.end());
    const Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    {
        const Handle set(
            H5Dcreate2(state_->file, name.c_str(), native_type<T>(), space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
        if (!set.good()) state_->fail(name, reason());
        if (count > 0 && H5Dwrite(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
            state_->fail(name, reason());
    }
    if (!unit.empty()) write_attribute(name, "unit", unit);
}

void H5File::write(const std::string& name, const std::vector<Vec3>& values, const std::string& unit) {
    static_assert(sizeof(Vec3) == 3 * sizeof(double));
    std::vector<double> flat;
    flat.reserve(3 * values.size());
    for (const Vec3& v : values) flat.insert(flat.end(), {v.x, v.y, v.z});
    write(name, std::span<const double>(flat), {values.size(), 3}, unit);
}

void H5File::create_group(const std::string& name) {
    state_->require_writing(name);
    if (exists(name)) return;
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    const Handle group(H5Gcreate2(state_->file, name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    if (!group.good()) state_->fail(name, reason());
}

bool H5File::exists(const std::string& name) const {
    state_->require_open(name);
    // H5Lexists fails where a group on the way is missing, so the way is walked.
    for (std::size_t slash = name.find('/', 1);; slash = name.find('/', slash + 1)) {
        const std::string part = name.substr(0, slash);
        if (part != "/" && !part.empty() && H5Lexists(state_->file, part.c_str(), H5P_DEFAULT) <= 0) return false;
        if (slash == std::string::npos) return H5Oexists_by_name(state_->file, name.c_str(), H5P_DEFAULT) > 0;
    }
}

std::vector<std::string> H5File::children(const std::string& group) const {
    state_->require_open(group);
    H5G_info_t info;
    if (H5Gget_info_by_name(state_->file, group.c_str(), &info, H5P_DEFAULT) < 0) state_->fail(group, reason());
    std::vector<std::string> names;
    for (hsize_t k = 0; k < info.nlinks; ++k) {
        const ssize_t length =
            H5Lget_name_by_idx(state_->file, group.c_str(), H5_INDEX_NAME, H5_ITER_INC, k, nullptr, 0, H5P_DEFAULT);
        if (length < 0) state_->fail(group, reason());
        std::string name(static_cast<std::size_t>(length) + 1, '\0');
        H5Lget_name_by_idx(state_->file, group.c_str(), H5_INDEX_NAME, H5_ITER_INC, k, name.data(), name.size(),
                           H5P_DEFAULT);
        name.pop_back();
        names.push_back(name);
    }
    return names;
}

std::vector<std::size_t> H5File::dims(const std::string& name) const {
    state_->require_open(name);
    const Handle set(H5Dopen2(state_->file, name.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set.good()) state_->fail(name, reason());
    const Handle space(H5Dget_space(set), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0) state_->fail(name, reason());
    std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
    if (rank > 0) H5Sget_simple_extent_dims(space, extent.data(), nullptr);
    return {extent.begin(), extent.end()};
}

template <class T>
std::vector<T> H5File::read(const std::string& name) const {
    state_->require_open(name);
    const Handle set(H5Dopen2(state_->file, name.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set.good()) state_->fail(name, reason());
    const Handle space(H5Dget_space(set), H5Sclose), type(H5Dget_type(set), H5Tclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const H5T_class_t kind = H5Tget_class(type);
    if (count < 0) state_->fail(name, reason());
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_ENUM) state_->fail(name, "it does not hold numbers");
    // A damaged header may promise any size. Compressed data shrink by less than this factor.
    const double stored = static_cast<double>(H5Dget_storage_size(set));
    if (static_cast<double>(count) * static_cast<double>(H5Tget_size(type)) > 1100 * stored + 4096)
        state_->fail(name, "its header promises " + std::to_string(count) + " values and the file does not hold them");
    std::vector<T> values;
    try {
        values.resize(static_cast<std::size_t>(count));
    } catch (const std::bad_alloc&) {
        state_->fail(name, "its " + std::to_string(count) + " values do not fit into memory");
    }
    if (count > 0 && H5Dread(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        state_->fail(name, reason());
    return values;
}

std::vector<Vec3> H5File::read_vectors(const std::string& name) const {
    const auto shape = dims(name);
    if (shape.size() != 2 || shape[1] != 3) state_->fail(name, "its shape should be (n, 3)");
    const std::vector<double> flat = read<double>(name);
    std::vector<Vec3> values(shape[0]);
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = {flat[3 * k], flat[3 * k + 1], flat[3 * k + 2]};
    return values;
}

hid_t H5File::State::new_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space) const {
    require_writing(object + "@" + name);
    if (H5Aexists_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0)
        H5Adelete_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT);
    const hid_t attribute =
        H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) fail(object + "@" + name, reason());
    return attribute;
}

hid_t H5File::State::open_attribute(const std::string& object, const std::string& name) const {
    require_open(object + "@" + name);
    const hid_t attribute = H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) fail(object + "@" + name, reason());
    return attribute;
}

template <class T>
void H5File::State::write_numbers(const std::string& object, const std::string& name, const T* values,
                                  std::size_t count, bool scalar) const {
    const hsize_t extent = count;
    const Handle space(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr), H5Sclose);
    const Handle attribute(new_attribute(object, name, native_type<T>(), space), H5Aclose);
    if (count > 0 && H5Awrite(attribute, native_type<T>(), values) < 0) fail(object + "@" + name, reason());
}

template <class T>
std::vector<T> H5File::State::read_numbers(const std::string& object, const std::string& name) const {
    const Handle attribute(open_attribute(object, name), H5Aclose);
    const Handle space(H5Aget_space(attribute), H5Sclose), type(H5Aget_type(attribute), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT) fail(object + "@" + name, "it does not hold numbers");
    if (count < 0 || static_cast<hsize_t>(count) * H5Tget_size(type) > H5Aget_storage_size(attribute))
        fail(object + "@" + name, "its size is wrong");
    std::vector<T> values(static_cast<std::size_t>(count));
    if (count > 0 && H5Aread(attribute, native_type<T>(), values.data()) < 0) fail(object + "@" + name, reason());
    return values;
}

void H5File::write_attribute(const std::string& object, const std::string& name, const std::string& value) {
    // Variable length: h5py gives it back as str, fixed length as bytes.
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Handle attribute(state_->new_attribute(object, name, type, space), H5Aclose);
    const char* text = value.c_str();
    if (H5Awrite(attribute, type, &text) < 0) state_->fail(object + "@" + name, reason());
}

void H5File::write_attribute(const std::string& object, const std::string& name,
                             const std::vector<std::string>& values) {
    const hsize_t extent = values.size();
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate_simple(1, &extent, nullptr), H5Sclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Handle attribute(state_->new_attribute(object, name, type, space), H5Aclose);
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    if (!values.empty() && H5Awrite(attribute, type, texts.data()) < 0) state_->fail(object + "@" + name, reason());
}

void H5File::write_attribute(const std::string& object, const std::string& name, double value) {
    state_->write_numbers(object, name, &value, 1, true);
}
void H5File::write_attribute(const std::string& object, const std::string& name, long value) {
    state_->write_numbers(object, name, &value, 1, true);
}
void H5File::write_attribute(const std::string& object, const std::string& name, const std::vector<double>& values) {
    state_->write_numbers(object, name, values.data(), values.size(), false);
}
void H5File::write_attribute(const std::string& object, const std::string& name, const std::vector<long>& values) {
    state_->write_numbers(object, name, values.data(), values.size(), false);
}

bool H5File::has_attribute(const std::string& object, const std::string& name) const {
    state_->require_open(object);
    return (object == "/" || exists(object)) &&
           H5Aexists_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> H5File::read_strings(const std::string& object, const std::string& name) const {
    const Handle attribute(state_->open_attribute(object, name), H5Aclose);
    const Handle space(H5Aget_space(attribute), H5Sclose), type(H5Aget_type(attribute), H5Tclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (H5Tget_class(type) != H5T_STRING || count < 0) state_->fail(object + "@" + name, "it does not hold text");
    if (static_cast<hsize_t>(count) * H5Tget_size(type) > H5Aget_storage_size(attribute) + 4096)
        state_->fail(object + "@" + name, "its size is wrong");
    std::vector<std::string> values;
    if (count == 0) return values;
    if (H5Tis_variable_str(type) > 0) {
        std::vector<char*> texts(static_cast<std::size_t>(count), nullptr);
        const Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(memory, H5T_VARIABLE);
        H5Tset_cset(memory, H5Tget_cset(type));
        if (H5Aread(attribute, memory, texts.data()) < 0) state_->fail(object + "@" + name, reason());
        for (const char* text : texts) values.emplace_back(text ? text : "");
        H5Dvlen_reclaim(memory, space, H5P_DEFAULT, texts.data());
    } else {
        const std::size_t length = H5Tget_size(type);
        std::vector<char> bytes(length * static_cast<std::size_t>(count));
        if (H5Aread(attribute, type, bytes.data()) < 0) state_->fail(object + "@" + name, reason());
        for (hssize_t k = 0; k < count; ++k) {
            const char* first = bytes.data() + static_cast<std::size_t>(k) * length;
            values.emplace_back(first, std::find(first, first + length, '\0'));
        }
    }
    return values;
}

std::string H5File::read_string(const std::string& object, const std::string& name) const {
    const auto values = read_strings(object, name);
    if (values.size() != 1)
        state_->fail(object + "@" + name, "it has " + std::to_string(values.size()) + " values and should have one");
    return values[0];
}
std::vector<double> H5File::read_doubles(const std::string& object, const std::string& name) const {
    return state_->read_numbers<double>(object, name);
}
std::vector<long> H5File::read_longs(const std::string& object, const std::string& name) const {
    return state_->read_numbers<long>(object, name);
}
double H5File::read_double(const std::string& object, const std::string& name) const {
    const auto values = read_doubles(object, name);
    if (values.size() != 1)
        state_->fail(object + "@" + name, "it has " + std::to_string(values.size()) + " values and should have one");
    return values[0];
}
long H5File::read_long(const std::string& object, const std::string& name) const {
    const auto values = read_longs(object, name);
    if (values.size() != 1)
        state_->fail(object + "@" + name, "it has " + std::to_string(values.size()) + " values and should have one");
    return values[0];
}

#define MG_H5_TYPE(T)                                                                                \
    template void H5File::write<T>(const std::string&, std::span<const T>, std::vector<std::size_t>, \
                                   const std::string&);                                              \
    template std::vector<T> H5File::read<T>(const std::string&) const;
MG_H5_TYPE(double)
MG_H5_TYPE(float)
MG_H5_TYPE(int)
MG_H5_TYPE(long)
MG_H5_TYPE(unsigned)
MG_H5_TYPE(unsigned long)
MG_H5_TYPE(unsigned char)
#undef MG_H5_TYPE

}  // namespace mg::io
