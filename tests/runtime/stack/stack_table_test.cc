#include "runtime/stack/stack_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace muster::stack {
namespace {

TEST(StackTable, GivesOneIdToEqualStacks) {
  const uint64_t pcs[] = {0x1001, 0x1002, 0x1003};
  const uint32_t id = Intern(pcs, 3);
  EXPECT_NE(id, 0u);
  EXPECT_EQ(Intern(pcs, 3), id);
  EXPECT_NE(Intern(pcs, 2), id);
  EXPECT_EQ(Lookup(id), std::vector<uint64_t>({0x1001, 0x1002, 0x1003}));
}

TEST(StackTable, HasNoStackForZeroOrForNothing) {
  EXPECT_TRUE(Lookup(0).empty());
  EXPECT_EQ(Intern(nullptr, 0), 0u);
}

TEST(StackTable, LookupIntoStopsAtTheRoomGiven) {
  const uint64_t pcs[] = {0x2001, 0x2002, 0x2003};
  const uint32_t id = Intern(pcs, 3);
  uint64_t out[2] = {};
  EXPECT_EQ(LookupInto(id, out, 2), 2);
  EXPECT_EQ(out[1], 0x2002u);
}

TEST(StackTableStress, ThreadsAgreeOnIds) {
  constexpr int kThreads = 4;
  constexpr uint64_t kStacks = 2000;
  std::vector<std::vector<uint32_t>> ids(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&ids, t] {
      for (uint64_t i = 0; i < kStacks; ++i) {
        const uint64_t pcs[] = {0x30000 + i, 0x40000 + i * 7};
        ids[static_cast<size_t>(t)].push_back(Intern(pcs, 2));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int t = 1; t < kThreads; ++t) EXPECT_EQ(ids[static_cast<size_t>(t)], ids[0]);
}

// Last in its binary by name: it fills the table of the process.
TEST(StackTableZFull, CountsWhatFoundNoRoom) {
  uint64_t fresh = 0;
  for (uint64_t i = 0; i < kMaxStacks + 100; ++i) {
    const uint64_t pcs[] = {0x9000000 + i};
    if (Intern(pcs, 1) != 0) ++fresh;
  }
  EXPECT_LE(fresh, kMaxStacks);
  EXPECT_GE(OverflowCount(), 100u);
  const uint64_t known[] = {0x9000000};
  EXPECT_NE(Intern(known, 1), 0u);  // what is in the table is still found
}

}  // namespace
}  // namespace muster::stack
