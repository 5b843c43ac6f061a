#pragma once
/// \file Comm: the ranks of a job, or a group of them. The serial form is here, the MPI form in mpi/.

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mg {

/// Bytes to or from another rank, in host memory, or in device memory where takes_device_memory().
struct Message {
    int peer;
    void* data;
    std::size_t bytes;
};

/// Numbers 0, 1, 2, ... of which every call, on whatever rank, gets another one.
class Tickets {
public:
    virtual ~Tickets() = default;
    virtual long next() = 0;
};

/// A group of ranks. Calls named "collective" are made by all ranks of the group, in the same order.
class Comm {
public:
    virtual ~Comm() = default;

    virtual int rank() const = 0;
    virtual int size() const = 0;

    /// Collective: returns when all ranks have come.
    virtual void barrier() = 0;
    /// Collective: `bytes` bytes of every rank, in the order of ranks, at `all` (size() * bytes).
    virtual void all_gather(const void* mine, void* all, std::size_t bytes) = 0;
    /// Collective: texts of any length from every rank, in the order of ranks, on every rank.
    virtual std::vector<std::string> all_gather(std::string_view mine) = 0;
    /// Collective: the same, on rank `root` alone; elsewhere the result is empty.
    virtual std::vector<std::string> gather(std::string_view mine, int root) = 0;
    /// Collective: `bytes` becomes what it is on rank `root`.
    virtual void broadcast(std::string& bytes, int root) = 0;

    /// Starts to receive and to send; memory is the caller's and stays untouched until end_exchange(). Peers pair their
    /// messages in the order in which each lists them. One exchange at a time.
    virtual void begin_exchange(std::span<const Message> receives, std::span<const Message> sends) = 0;
    virtual void end_exchange() = 0;
    /// Whether messages may lie in device memory.
    virtual bool takes_device_memory() const = 0;

    /// Collective: the ranks that give the same color, in their present order.
    virtual std::unique_ptr<Comm> split(int color) = 0;
    /// Collective: a counter common to all ranks.
    virtual std::unique_ptr<Tickets> tickets() = 0;

    /// Tells all ranks that the job is to stop at its next safe step; may be called again, and by several ranks.
    virtual void announce_stop() = 0;
    /// Whether some rank has called announce_stop(); cheap. Ranks may learn of it at different steps.
    virtual bool stop_announced() = 0;

    /// Ends all ranks of the job at once with this exit code: for errors that the others do not know of.
    [[noreturn]] virtual void abort(int exit_code) = 0;

    /// Collective: every rank's value, in the order of ranks.
    template <class T>
    std::vector<T> all_gather_value(const T& mine) {
        std::vector<T> all(static_cast<std::size_t>(size()));
        all_gather(&mine, all.data(), sizeof(T));
        return all;
    }
};

/// One rank on its own.
class SerialComm final : public Comm {
public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void barrier() override {}
    void all_gather(const void* mine, void* all, std::size_t bytes) override { std::memmove(all, mine, bytes); }
    std::vector<std::string> all_gather(std::string_view mine) override { return {std::string(mine)}; }
    std::vector<std::string> gather(std::string_view mine, int) override { return {std::string(mine)}; }
    void broadcast(std::string&, int) override {}
    void begin_exchange(std::span<const Message> receives, std::span<const Message> sends) override {
        for (std::size_t k = 0; k < receives.size() && k < sends.size(); ++k)
            std::memmove(receives[k].data, sends[k].data, sends[k].bytes);
    }
    void end_exchange() override {}
    bool takes_device_memory() const override { return false; }
    std::unique_ptr<Comm> split(int) override { return std::make_unique<SerialComm>(); }
    std::unique_ptr<Tickets> tickets() override {
        struct Counter final : Tickets {
            long n = 0;
            long next() override { return n++; }
        };
        return std::make_unique<Counter>();
    }
    void announce_stop() override { stop_ = true; }
    bool stop_announced() override { return stop_; }
    [[noreturn]] void abort(int exit_code) override { std::_Exit(exit_code); }

private:
    bool stop_ = false;
};

}  // namespace mg
