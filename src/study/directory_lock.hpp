#pragma once
/// \file One run at a time in an output directory.
///
/// DIR/running.N.json says who works there: host, process, SLURM job, since when. It needs no locks of the file system,
/// which many clusters do not have: it is made with O_EXCL, and its owner touches it while it lives. One that was
/// killed is told by its process on the same machine, by a requeue of the same SLURM job, or by having been still for
/// two minutes; the next run then takes N + 1, so that of several only one can.

#include <string>
#include <thread>
#include <vector>

namespace mg::study {

class DirectoryLock {
public:
    /// Makes the directory where it is not there. Throws InputError where another run works in it, or where nothing can
    /// be written there.
    explicit DirectoryLock(const std::string& directory);
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;
    /// Removes what it has made: a directory that it has made, too, where nothing else has come into it.
    ~DirectoryLock();

private:
    void touch_while_alive(const std::stop_token& stop) const;

    std::string path_;
    std::vector<std::string> made_;  ///< directories, the outermost first
    std::jthread heart_;
};

/// Whether a file of that name is one of these.
bool is_directory_lock(const std::string& name);

}  // namespace mg::study
