/// \file Tests that all ranks of mpirun run together. Rank 0 tells what runs; the others speak only of failures.

#include <gtest/gtest.h>

#include "support/ranks.hpp"

namespace {

std::unique_ptr<mg::MpiSession> session;

}  // namespace

mg::Comm& mg::world() { return session->world(); }

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    session = std::make_unique<mg::MpiSession>(argc, argv);
    if (mg::world().rank() != 0) {
        auto& listeners = testing::UnitTest::GetInstance()->listeners();
        struct Failures : testing::EmptyTestEventListener {
            void OnTestPartResult(const testing::TestPartResult& result) override {
                if (result.failed())
                    std::fprintf(stderr, "rank %d: %s:%d: %s\n", mg::world().rank(), result.file_name(),
                                 result.line_number(), result.message());
            }
        };
        delete listeners.Release(listeners.default_result_printer());
        listeners.Append(new Failures);
    }
    const int mine = RUN_ALL_TESTS();
    int failed = 0;
    for (const int other : mg::world().all_gather_value(mine)) failed = failed || other;
    session.reset();
    return failed;
}
