// runtime::ReadStackStats.
#include <gtest/gtest.h>

#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/scavenger.h"
#include "tests/runtime/stack/deep_stack.h"
#include "tests/runtime/wait_until.h"

namespace muster::runtime {
namespace {

TEST(ReadStackStats, CountsSlotsByWhetherAGoroutineIsInThem) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    for (int i = 0; i < 300; ++i) Go([gate] { gate.Recv(); });
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive, 300);
    const StackStats full = ReadStackStats();
    EXPECT_EQ(full.slots_in_use, 301);
    EXPECT_GE(full.slots_reserved, full.slots_in_use + full.slots_free);
    // Arenas do not divide into slots without a rest.
    EXPECT_GE(full.bytes_reserved, full.slots_reserved * static_cast<int64_t>(stack::SlotSize()));
    EXPECT_GE(full.bytes_resident, 301 * static_cast<int64_t>(stack::kPageSize));
    EXPECT_LT(full.bytes_resident, full.bytes_reserved);
    EXPECT_GT(full.page_table_bytes, 0);
    gate.Close();
    while (NumGoroutine() > 1) Gosched();
    const StackStats empty = ReadStackStats();
    EXPECT_EQ(empty.slots_in_use, 1);
    EXPECT_GE(empty.slots_free, 300);
  });
}

TEST(ReadStackStats, CountsEveryResidentPageOfEverySlot) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    Go([gate] {
      testing::GoDeep(30);
      gate.Recv();
    });
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive);
    // Both ways of counting use this goroutine's stack, too, and the monitor may give pages back
    // between them; but not for ever.
    int64_t counted = 0;
    do {
      int64_t pages = 0;
      stack::ForEachSlot([&pages](const sched::G* g) { pages += testing::ResidentPages(g); });
      counted = pages * static_cast<int64_t>(stack::kPageSize);
    } while (ReadStackStats().bytes_resident != counted);
    gate.Close();
  });
}

TEST(ReadStackStats, TellsWhatWasGivenBackAndHowLongThatHeldAnybody) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    const StackStats before = ReadStackStats();
    Go([gate] {
      testing::GoDeep(30);
      gate.Recv();
    });
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive);
    stack::ScavengeRound();
    stack::ScavengeRound();
    const StackStats after = ReadStackStats();
    EXPECT_GE(after.bytes_given_back - before.bytes_given_back, int64_t{25} * 4096);
    EXPECT_GT(after.longest_hold_ns, 0);
    gate.Close();
  });
}

}  // namespace
}  // namespace muster::runtime
