#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/error.hpp"

namespace mg::io {
namespace {

[[noreturn]] void raise(const std::string& path, const char* what, int code) {
    if (code == ENOENT)
        throw Error("cannot " + std::string(what) + " '" + path + "'", "its directory is not there",
                    "it may have been deleted or renamed since; make it again");
    throw Error("cannot " + std::string(what) + " '" + path + "'", std::strerror(code),
                "check free space, quota and permissions of its directory");
}

struct Descriptor {
    int fd = -1;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

void flush_directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    Descriptor handle{::open(directory.c_str(), O_RDONLY | O_DIRECTORY)};
    // Some file systems refuse fsync on a directory; the rename has happened all the same.
    if (handle.fd >= 0 && ::fsync(handle.fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        raise(directory, "flush", errno);
}

}  // namespace

void commit_file(const std::string& temporary, const std::string& path) {
    {
        Descriptor handle{::open(temporary.c_str(), O_RDWR)};
        if (handle.fd < 0) raise(temporary, "open", errno);
        if (::fsync(handle.fd) != 0) raise(temporary, "flush", errno);
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0) raise(path, "rename to", errno);
    flush_directory_of(path);
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
    const std::string temporary = path + ".tmp";
    try {
        Descriptor handle{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
        if (handle.fd < 0) raise(path, "write", errno);
        while (!bytes.empty()) {
            const ssize_t written = ::write(handle.fd, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) raise(path, "write", errno);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        const int fd = handle.fd;
        handle.fd = -1;
        if (::close(fd) != 0) raise(path, "write", errno);
        commit_file(temporary, path);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

}  // namespace mg::io
