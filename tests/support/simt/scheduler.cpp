#include "scheduler.hpp"

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <boost/context/detail/fcontext.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <numeric>
#include <random>
#include <sstream>
#include <stdexcept>
#include <vector>

// The section that holds all static shared variables (shared_memory.ld).
extern "C" {
extern std::uint64_t simt_shared_begin[], simt_shared_end[];
}

namespace simt {

uint3 thread_index, block_index;
dim3 block_size, grid_size;

namespace {

namespace context = boost::context;

// ---- Fibers ---------------------------------------------------------------------------------------------------------

/// A stack on which one thread after another runs. The address sanitizer is told of every change of stacks:
/// Debian's Boost.Context does not do it (its own support needs another build of the library), so the changes are made
/// with its lowest layer, jump_fcontext, between the sanitizer's marks.
class Fiber {
public:
    Fiber() : stack_(context::protected_fixedsize_stack(stack_bytes).allocate()) {
        context_ = context::detail::make_fcontext(stack_.sp, stack_.size, &Fiber::enter);
    }
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber() {
        // An abandoned thread leaves the marks of its frames behind.
        __asan_unpoison_memory_region(bottom(), stack_.size);
        context::protected_fixedsize_stack(stack_bytes).deallocate(stack_);
    }

    /// Runs the thread until it suspends or returns. Called by the scheduler.
    void resume() {
        void* fake_stack = nullptr;
        __sanitizer_start_switch_fiber(&fake_stack, bottom(), stack_.size);
        context_ = context::detail::jump_fcontext(context_, this).fctx;
        __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
    }

    /// Returns to the scheduler, and from here at the next resume(). Called on the fiber.
    void suspend() {
        void* fake_stack = nullptr;
        __sanitizer_start_switch_fiber(&fake_stack, scheduler_bottom_, scheduler_bytes_);
        scheduler_ = context::detail::jump_fcontext(scheduler_, nullptr).fctx;
        __sanitizer_finish_switch_fiber(fake_stack, &scheduler_bottom_, &scheduler_bytes_);
    }

private:
    // Deep enough for frames with the sanitizer's margins; only what is touched becomes memory.
    static constexpr std::size_t stack_bytes = std::size_t{256} << 10;

    void* bottom() const { return static_cast<char*>(stack_.sp) - stack_.size; }
    static void enter(context::detail::transfer_t from);

    context::stack_context stack_;
    context::detail::fcontext_t context_ = nullptr, scheduler_ = nullptr;
    const void* scheduler_bottom_ = nullptr;
    std::size_t scheduler_bytes_ = 0;
};

// ---- Threads --------------------------------------------------------------------------------------------------------

enum class State { ready, waiting, finished };

bool equal(const char* a, const char* b) { return a == b || !std::strcmp(a, b); }

/// A collective at which a thread waits. mask == 0: the barrier of the block.
struct Meeting : WarpMeeting {
    Location at;

    bool same(const Meeting& other) const {
        if (mask != other.mask || variant != other.variant || !equal(kind, other.kind)) return false;
        return mask || (at.line() == other.at.line() && equal(at.file_name(), other.at.file_name()));
    }
};

struct Thread {
    State state = State::ready;
    Fiber* fiber = nullptr;
    Meeting meeting;
    std::uint64_t answer = 0;
};

/// The block that runs, and what outlives it.
struct Scheduler {
    std::mt19937_64 random{first_seed()};
    std::vector<std::unique_ptr<Fiber>> fibers;
    std::vector<Fiber*> idle;

    const std::function<void()>* kernel = nullptr;
    std::vector<Thread> threads;
    std::vector<unsigned> ready;
    std::vector<unsigned> waiting;  ///< lanes of each warp that wait at one of its collectives
    unsigned current = 0;
    bool running = false;  ///< a thread runs, not the scheduler
    unsigned char* shared = nullptr;
    std::string failure;
    bool failed = false;

    unsigned draw(std::size_t n) { return static_cast<unsigned>(random() % n); }
    Thread& self() { return threads[current]; }
};

/// Never destroyed: fibers may be abandoned with frames on them.
Scheduler& scheduler() {
    static auto& made = *new Scheduler;
    return made;
}

std::string name_of(const uint3& i) {
    return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
}

uint3 index_of(unsigned rank, const dim3& size) {
    return {rank % size.x, rank / size.x % size.y, rank / size.x / size.y};
}

std::string name_of_thread(unsigned rank) {
    return "block " + name_of(block_index) + ", thread " + name_of(index_of(rank, block_size)) + ", warp " +
           std::to_string(rank / warp_size) + ", lane " + std::to_string(rank % warp_size);
}

std::string text_of(const Location& at) {
    const std::string file = at.file_name();
    return file.substr(file.rfind('/') + 1) + ":" + std::to_string(at.line());
}

std::string text_of(const Meeting& m) {
    std::ostringstream text;
    text << m.kind;
    if (m.mask) text << " with mask 0x" << std::hex << m.mask;
    text << " in " << text_of(m.at);
    return text.str();
}

void record_failure(unsigned thread, const std::string& what) {
    Scheduler& s = scheduler();
    s.failed = true;
    s.failure = name_of_thread(thread) + ": " + what;
}

void Fiber::enter(context::detail::transfer_t from) {
    Fiber& self = *static_cast<Fiber*>(from.data);
    __sanitizer_finish_switch_fiber(nullptr, &self.scheduler_bottom_, &self.scheduler_bytes_);
    self.scheduler_ = from.fctx;
    for (;;) {
        Scheduler& s = scheduler();
        try {
            (*s.kernel)();
        } catch (const std::exception& e) {
            record_failure(s.current, e.what());
        }
        s.self().state = State::finished;
        self.suspend();
    }
}

void leave(State state) {
    Scheduler& s = scheduler();
    s.self().state = state;
    s.self().fiber->suspend();
}

void run(unsigned rank) {
    Scheduler& s = scheduler();
    Thread& t = s.threads[rank];
    if (!t.fiber) {
        if (s.idle.empty()) {
            s.fibers.push_back(std::make_unique<Fiber>());
            s.idle.push_back(s.fibers.back().get());
        }
        t.fiber = s.idle.back();
        s.idle.pop_back();
    }
    s.current = rank;
    thread_index = index_of(rank, block_size);
    s.running = true;
    t.fiber->resume();
    s.running = false;
    if (t.state == State::finished) s.idle.push_back(std::exchange(t.fiber, nullptr));
}

// ---- Collectives ----------------------------------------------------------------------------------------------------

void release(unsigned rank, std::uint64_t answer) {
    Scheduler& s = scheduler();
    s.threads[rank].state = State::ready;
    s.threads[rank].answer = answer;
    s.ready.push_back(rank);
}

/// Completes the collective at which thread `rank` waits, if all its lanes are there.
void release_warp(unsigned rank) {
    Scheduler& s = scheduler();
    const Meeting& meeting = s.threads[rank].meeting;
    const unsigned mask = meeting.mask, first = rank / warp_size * warp_size;
    unsigned& waiting = s.waiting[rank / warp_size];
    waiting |= 1u << rank % warp_size;
    if ((waiting & mask) != mask) return;
    Given given{};
    for (unsigned l = 0; l < warp_size; ++l) {
        if (!(mask >> l & 1)) continue;
        const Meeting& theirs = s.threads[first + l].meeting;
        if (!theirs.same(meeting)) return;
        given[l] = theirs.given;
    }
    waiting &= ~mask;
    const Meeting* last = nullptr;  // lanes that ask the same get the same
    std::uint64_t answer = 0;
    for (unsigned l = 0; l < warp_size; ++l) {
        if (!(mask >> l & 1)) continue;
        const Meeting& theirs = s.threads[first + l].meeting;
        if (!last || theirs.answer != last->answer || theirs.argument != last->argument)
            answer = theirs.answer(given, mask, theirs.argument);
        last = &theirs;
        release(first + l, answer);
    }
}

/// Completes the block's barrier if all threads that have not returned wait there.
bool release_block() {
    Scheduler& s = scheduler();
    const Thread* first = nullptr;
    std::uint64_t count = 0;
    for (const Thread& t : s.threads) {
        if (t.state == State::finished) continue;
        if (!first) first = &t;
        if (t.meeting.mask || !t.meeting.same(first->meeting)) return false;
        count += t.meeting.given != 0;
    }
    for (unsigned rank = 0; rank < s.threads.size(); ++rank)
        if (s.threads[rank].state == State::waiting) release(rank, count);
    return true;
}

/// Why `other`, which thread `rank` waits for, does not come; empty if it does not wait for it.
std::string obstacle(unsigned rank, unsigned other) {
    Scheduler& s = scheduler();
    const Meeting& meeting = s.threads[rank].meeting;
    if (rank == other) return "";
    if (meeting.mask) {
        if (rank / warp_size != other / warp_size || !(meeting.mask >> other % warp_size & 1)) return "";
        if (other >= s.threads.size()) return "does not exist";
        if (s.threads[other].state == State::finished) return "has returned";
    } else if (s.threads[other].state == State::finished) {
        return "";
    }
    const Meeting& theirs = s.threads[other].meeting;
    return theirs.same(meeting) ? "" : "waits at " + text_of(theirs);
}

/// No thread can run and not all have returned.
void record_deadlock() {
    Scheduler& s = scheduler();
    const unsigned threads = static_cast<unsigned>(s.threads.size());
    const unsigned all = (threads + warp_size - 1) / warp_size * warp_size;
    for (unsigned rank = 0; rank < threads; ++rank) {
        if (s.threads[rank].state != State::waiting) continue;
        for (unsigned other = 0; other < (s.threads[rank].meeting.mask ? all : threads); ++other) {
            const std::string why = obstacle(rank, other);
            if (why.empty()) continue;
            record_failure(rank, "divergent collective: it waits at " + text_of(s.threads[rank].meeting) +
                                     " for thread " + name_of(index_of(other, block_size)) + ", lane " +
                                     std::to_string(other % warp_size) + ", which " + why);
            return;
        }
    }
    record_failure(0, "no thread can run");
}

// ---- Blocks ---------------------------------------------------------------------------------------------------------

/// By volatile words: the section holds the sanitizer's margins too, which memset would stumble over.
__attribute__((no_sanitize("address"))) void poison_static_shared() {
    for (volatile std::uint64_t* word = simt_shared_begin; word < simt_shared_end; ++word) *word = ~std::uint64_t{0};
}

/// Dynamic shared memory of one block, at an alignment that suits every vector.
struct DynamicShared {
    static constexpr std::align_val_t alignment{128};
    unsigned char* memory;

    explicit DynamicShared(std::size_t bytes) : memory(static_cast<unsigned char*>(::operator new(bytes, alignment))) {
        std::memset(memory, 0xff, bytes);
    }
    DynamicShared(const DynamicShared&) = delete;
    DynamicShared& operator=(const DynamicShared&) = delete;
    ~DynamicShared() { ::operator delete(memory, alignment); }
};

/// Fibers of threads that will never go on are given up.
void abandon_threads() {
    Scheduler& s = scheduler();
    s.threads.clear();
    s.idle.clear();
    s.fibers.clear();
}

bool run_block(unsigned threads, std::size_t shared_bytes) {
    Scheduler& s = scheduler();
    poison_static_shared();
    const DynamicShared dynamic(shared_bytes);
    s.shared = dynamic.memory;
    s.threads.assign(threads, Thread{});
    s.waiting.assign((threads + warp_size - 1) / warp_size, 0);
    s.ready.resize(threads);
    std::iota(s.ready.begin(), s.ready.end(), 0u);
    while (!s.ready.empty()) {
        std::swap(s.ready[s.draw(s.ready.size())], s.ready.back());
        const unsigned rank = s.ready.back();
        s.ready.pop_back();
        run(rank);
        const Thread& t = s.threads[rank];
        if (t.state == State::ready) s.ready.push_back(rank);
        if (t.state == State::waiting && t.meeting.mask) release_warp(rank);
        const bool stuck = s.ready.empty() && !s.failed && !release_block();
        if (stuck) record_deadlock();
        if (s.failed) {
            abandon_threads();
            return false;
        }
    }
    return true;
}

}  // namespace

void set_seed(std::uint64_t seed) { scheduler().random.seed(seed); }

std::uint64_t first_seed() {
    const char* variable = std::getenv("MG_SIMT_SEED");
    return variable ? std::strtoull(variable, nullptr, 10) : 1;
}

const std::string& failure() { return scheduler().failure; }

bool run_grid(dim3 grid, dim3 block, std::size_t shared_bytes, const std::function<void()>& kernel) {
    Scheduler& s = scheduler();
    s.kernel = &kernel;
    s.failed = false;
    grid_size = grid;
    block_size = block;
    std::vector<unsigned> order(grid.x * grid.y * grid.z);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), s.random);
    for (const unsigned b : order) {
        block_index = index_of(b, grid);
        if (!run_block(block.x * block.y * block.z, shared_bytes)) return false;
    }
    return true;
}

unsigned lane() { return scheduler().current % warp_size; }

void* dynamic_shared_memory() {
    if (scheduler().running) return scheduler().shared;
    std::fputs("simt: dynamic shared memory exists inside a kernel only; declare it there\n", stderr);
    std::abort();
}

std::uint64_t meet_in_warp(const WarpMeeting& meeting, Location at) {
    Scheduler& s = scheduler();
    if (!(meeting.mask >> lane() & 1))
        fail(std::string("the mask of ") + meeting.kind + " does not name the calling lane", at);
    s.self().meeting = {meeting, at};
    leave(State::waiting);
    return s.self().answer;
}

int meet_in_block(const char* kind, bool given, Location at) {
    Scheduler& s = scheduler();
    s.self().meeting = {{kind, 0, 0, given}, at};
    leave(State::waiting);
    return static_cast<int>(s.self().answer);
}

void make_way() {
    Scheduler& s = scheduler();
    constexpr unsigned one_in = 4;
    if (s.running && s.draw(one_in) == 0) leave(State::ready);
}

void fail(const std::string& what, Location at) {
    throw std::runtime_error(what + " in " + text_of(at));  // Fiber::enter reports it
}

}  // namespace simt
