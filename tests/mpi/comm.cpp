/// \file The MPI form of Comm.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "support/ranks.hpp"

namespace mg {
namespace {

TEST(MpiComm, GathersInTheOrderOfRanks) {
    Comm& all = world();
    const std::vector<int> ranks = all.all_gather_value(all.rank());
    for (int r = 0; r < all.size(); ++r) EXPECT_EQ(ranks[r], r);
    const std::string mine(static_cast<std::size_t>(3 * all.rank()), static_cast<char>('a' + all.rank()));
    const std::vector<std::string> texts = all.all_gather(mine), at_last = all.gather(mine, all.size() - 1);
    ASSERT_EQ(texts.size(), static_cast<std::size_t>(all.size()));
    for (int r = 0; r < all.size(); ++r)
        EXPECT_EQ(texts[r], std::string(static_cast<std::size_t>(3 * r), static_cast<char>('a' + r)));
    EXPECT_EQ(at_last.size(), all.rank() == all.size() - 1 ? texts.size() : 0);
    EXPECT_TRUE(at_last.empty() || at_last == texts);
    std::string from_last = mine + "!";
    all.broadcast(from_last, all.size() - 1);
    EXPECT_EQ(from_last, texts.back() + "!");
}

TEST(MpiComm, ExchangesWithEveryPeerAtOnce) {
    Comm& all = world();
    const int n = all.size(), me = all.rank();
    // Rank r sends 1000 (r + 1) + q numbers, all r, to rank q.
    std::vector<std::vector<int>> out(n), in(n);
    std::vector<Message> sends, receives;
    for (int q = 0; q < n; ++q) {
        if (q == me) continue;
        out[q].assign(1000 * (me + 1) + q, me);
        in[q].assign(1000 * (q + 1) + me, -1);
        sends.push_back({q, out[q].data(), out[q].size() * sizeof(int)});
        receives.push_back({q, in[q].data(), in[q].size() * sizeof(int)});
    }
    all.begin_exchange(receives, sends);
    all.end_exchange();
    for (int q = 0; q < n; ++q) EXPECT_EQ(std::count(in[q].begin(), in[q].end(), q), q == me ? 0 : 1000 * (q + 1) + me);
}

TEST(MpiComm, TicketsAreGivenOnce) {
    Comm& all = world();
    const std::unique_ptr<Tickets> tickets = all.tickets();
    constexpr int each = 50;
    std::vector<long> mine(each);
    for (long& t : mine) t = tickets->next();
    std::vector<long> together(static_cast<std::size_t>(each) * all.size());
    all.all_gather(mine.data(), together.data(), each * sizeof(long));
    std::sort(together.begin(), together.end());
    for (std::size_t k = 0; k < together.size(); ++k) EXPECT_EQ(together[k], static_cast<long>(k));
}

TEST(MpiComm, SplitsByColor) {
    Comm& all = world();
    const std::unique_ptr<Comm> part = all.split(all.rank() % 2);
    EXPECT_EQ(part->size(), (all.size() + 1 - all.rank() % 2) / 2);
    EXPECT_EQ(part->rank(), all.rank() / 2);
    const std::vector<int> ranks = part->all_gather_value(all.rank());
    for (const int r : ranks) EXPECT_EQ(r % 2, all.rank() % 2);
}

// Last: a stop cannot be taken back.
TEST(MpiCommStop, ReachesEveryRank) {
    Comm& all = world();
    EXPECT_FALSE(all.stop_announced());
    all.barrier();
    if (all.rank() == all.size() - 1) all.announce_stop();
    const auto begin = std::chrono::steady_clock::now();
    while (!all.stop_announced() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(20))
        std::this_thread::yield();
    EXPECT_TRUE(all.stop_announced());
    all.barrier();
}

}  // namespace
}  // namespace mg
