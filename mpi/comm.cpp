#include "mpi/comm.hpp"

#include <dlfcn.h>
#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace mg {

namespace {

constexpr int exchange_tag = 1, stop_tag = 2;
/// MPI counts in int: longer messages go in pieces.
constexpr std::size_t longest_piece = std::size_t{1} << 30;

int as_count(std::size_t n) {
    if (n > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw Error("a message of " + std::to_string(n) + " bytes", "MPI counts up to 2^31 bytes at once",
                    "use more ranks, so that each holds fewer atoms");
    return static_cast<int>(n);
}

/// Whether MPI reads and writes device memory: MGSTIFF_CUDA_AWARE_MPI=0 or 1, or else what the library says (an
/// extension of Open MPI and of MPICH, which not every build has, so it is looked up by name).
bool device_memory_goes_by_mpi() {
    if (const char* wish = std::getenv("MGSTIFF_CUDA_AWARE_MPI")) return std::string(wish) != "0";
    const auto ask = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "MPIX_Query_cuda_support"));
    return ask && ask() == 1;
}

/// A counter in the memory of rank 0, which the others add to from afar.
class MpiTickets final : public Tickets {
public:
    explicit MpiTickets(MPI_Comm comm) {
        int rank = 0;
        MPI_Comm_rank(comm, &rank);
        MPI_Win_allocate(rank == 0 ? sizeof(long) : 0, sizeof(long), MPI_INFO_NULL, comm, &counter_, &window_);
        if (rank == 0) {
            MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
            *counter_ = 0;
            MPI_Win_unlock(0, window_);
        }
        MPI_Barrier(comm);
    }
    MpiTickets(const MpiTickets&) = delete;
    MpiTickets& operator=(const MpiTickets&) = delete;
    ~MpiTickets() override { MPI_Win_free(&window_); }
    long next() override {
        const long one = 1;
        long ticket = 0;
        MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window_);
        MPI_Fetch_and_op(&one, &ticket, MPI_LONG, 0, 0, MPI_SUM, window_);
        MPI_Win_unlock(0, window_);
        return ticket;
    }

private:
    MPI_Win window_ = MPI_WIN_NULL;
    long* counter_ = nullptr;
};

class MpiComm final : public Comm {
public:
    /// Takes over the communicator, and frees it where `owned`.
    MpiComm(MPI_Comm comm, bool owned) : comm_(comm), owned_(owned), device_memory_(device_memory_goes_by_mpi()) {
        MPI_Comm_rank(comm_, &rank_);
        MPI_Comm_size(comm_, &size_);
    }
    MpiComm(const MpiComm&) = delete;
    MpiComm& operator=(const MpiComm&) = delete;
    ~MpiComm() override {
        if (owned_) MPI_Comm_free(&comm_);
    }

    int rank() const override { return rank_; }
    int size() const override { return size_; }
    void barrier() override { MPI_Barrier(comm_); }

    void all_gather(const void* mine, void* all, std::size_t bytes) override {
        MPI_Allgather(mine, as_count(bytes), MPI_BYTE, all, as_count(bytes), MPI_BYTE, comm_);
    }
    std::vector<std::string> all_gather(std::string_view mine) override {
        const Layout l = layout(mine.size());
        std::string together(l.total, '\0');
        MPI_Allgatherv(mine.data(), as_count(mine.size()), MPI_BYTE, together.data(), l.counts.data(), l.starts.data(),
                       MPI_BYTE, comm_);
        return l.cut(together);
    }
    std::vector<std::string> gather(std::string_view mine, int root) override {
        std::vector<std::string> all;
        const std::vector<std::size_t> sizes = all_gather_value(mine.size());
        std::vector<Message> receives, sends;
        if (rank_ == root) {
            all.resize(static_cast<std::size_t>(size_));
            for (int r = 0; r < size_; ++r) {
                all[r].resize(sizes[r]);
                if (r == root)
                    all[r] = mine;
                else
                    receives.push_back({r, all[r].data(), sizes[r]});
            }
        } else {
            sends.push_back({root, const_cast<char*>(mine.data()), mine.size()});
        }
        begin_exchange(receives, sends);
        end_exchange();
        return all;
    }
    void broadcast(std::string& bytes, int root) override {
        unsigned long n = bytes.size();
        MPI_Bcast(&n, 1, MPI_UNSIGNED_LONG, root, comm_);
        bytes.resize(n);
        for (std::size_t from = 0; from < n; from += longest_piece)
            MPI_Bcast(bytes.data() + from, static_cast<int>(std::min(longest_piece, n - from)), MPI_BYTE, root, comm_);
    }

    void begin_exchange(std::span<const Message> receives, std::span<const Message> sends) override {
        const auto start = [&](const Message& m, bool receive) {
            auto* data = static_cast<char*>(m.data);
            for (std::size_t from = 0; from < m.bytes; from += longest_piece) {
                const int n = static_cast<int>(std::min(longest_piece, m.bytes - from));
                pending_.push_back(MPI_REQUEST_NULL);
                if (receive)
                    MPI_Irecv(data + from, n, MPI_BYTE, m.peer, exchange_tag, comm_, &pending_.back());
                else
                    MPI_Isend(data + from, n, MPI_BYTE, m.peer, exchange_tag, comm_, &pending_.back());
            }
        };
        for (const Message& m : receives) start(m, true);
        for (const Message& m : sends) start(m, false);
    }
    void end_exchange() override {
        MPI_Waitall(static_cast<int>(pending_.size()), pending_.data(), MPI_STATUSES_IGNORE);
        pending_.clear();
    }
    bool takes_device_memory() const override { return device_memory_; }

    std::unique_ptr<Comm> split(int color) override {
        MPI_Comm part = MPI_COMM_NULL;
        MPI_Comm_split(comm_, color, rank_, &part);
        return std::make_unique<MpiComm>(part, true);
    }
    std::unique_ptr<Tickets> tickets() override { return std::make_unique<MpiTickets>(comm_); }

    void announce_stop() override {
        if (announced_) return;
        announced_ = stop_ = true;
        // Empty messages, sent at once whether or not anybody receives them, so nobody waits for the requests.
        for (int r = 0; r < size_; ++r)  // NOLINT(clang-analyzer-optin.mpi.MPI-Checker)
            if (r != rank_) {
                MPI_Request request;
                MPI_Isend(nullptr, 0, MPI_BYTE, r, stop_tag, comm_, &request);
                MPI_Request_free(&request);
            }
    }
    bool stop_announced() override {
        for (;;) {
            int there = 0;
            MPI_Status status;
            MPI_Iprobe(MPI_ANY_SOURCE, stop_tag, comm_, &there, &status);
            if (!there) return stop_;
            MPI_Recv(nullptr, 0, MPI_BYTE, status.MPI_SOURCE, stop_tag, comm_, MPI_STATUS_IGNORE);
            stop_ = true;
        }
    }

    [[noreturn]] void abort(int exit_code) override {
        MPI_Abort(comm_, exit_code);
        std::abort();
    }

private:
    /// Where each rank's bytes lie in an MPI_Allgatherv.
    struct Layout {
        std::vector<int> counts, starts;
        std::size_t total = 0;
        std::vector<std::string> cut(const std::string& together) const {
            std::vector<std::string> parts;
            for (std::size_t k = 0; k < counts.size(); ++k)
                parts.push_back(
                    together.substr(static_cast<std::size_t>(starts[k]), static_cast<std::size_t>(counts[k])));
            return parts;
        }
    };
    Layout layout(std::size_t mine) {
        Layout l;
        for (const std::size_t n : all_gather_value(mine)) {
            l.starts.push_back(as_count(l.total));
            l.counts.push_back(as_count(n));
            l.total += n;
        }
        as_count(l.total);
        return l;
    }

    MPI_Comm comm_;
    bool owned_, device_memory_;
    int rank_ = 0, size_ = 1;
    std::vector<MPI_Request> pending_;
    bool announced_ = false, stop_ = false;
};

}  // namespace

MpiSession::MpiSession(int& argc, char**& argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    world_ = std::make_unique<MpiComm>(MPI_COMM_WORLD, false);
}

MpiSession::~MpiSession() {
    // A stop that nobody has read yet would make MPI_Finalize wait for its receiver.
    world_->barrier();
    world_->stop_announced();
    world_.reset();
    MPI_Finalize();
}

std::string mpi_version() {
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(text, &length);
    std::string version(text, static_cast<std::size_t>(length));
    return version.substr(0, version.find(','));
}

}  // namespace mg
