// Slots, and what a goroutine costs.
#include "runtime/stack/arena.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/scheduler.h"
#include "tests/runtime/stack/deep_stack.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using sched::G;

TEST(ArenaNewSlots, AreInARowDeadAndGuarded) {
  G* slots[16] = {};
  const int count = stack::NewSlots(slots, 16);
  ASSERT_GE(count, 1);
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(slots[i]->state.load(), record::State::kDead);
    EXPECT_EQ(stack::GuardOwner(slots[i]->stack_lo - 1), slots[i]);
    EXPECT_EQ(slots[i]->stack_lo, slots[0]->stack_lo + static_cast<size_t>(i) * stack::SlotSize());
  }
}

TEST(ArenaNewSlots, GivesFewerAtTheEndOfAnArena) {
  const int per_arena = static_cast<int>(stack::kArenaSize / stack::SlotSize());
  std::vector<G*> slots(static_cast<size_t>(per_arena) + 1);
  int all = 0;
  bool fewer = false;
  while (all < 2 * per_arena) {
    const int count = stack::NewSlots(slots.data(), per_arena + 1);
    ASSERT_GE(count, 1);
    ASSERT_LE(count, per_arena);
    fewer = fewer || count < per_arena + 1;
    all += count;
  }
  EXPECT_TRUE(fewer);
}

TEST(ArenaNewSlots, GivesEachSlotToOneThread) {
  constexpr size_t kThreads = 4;
  constexpr int kRuns = 50;
  std::vector<std::vector<G*>> taken(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&mine = taken[t]] {
      for (int run = 0; run < kRuns; ++run) {
        G* slots[7];
        const int count = stack::NewSlots(slots, 7);
        mine.insert(mine.end(), slots, slots + count);
        stack::ForEachSlot([](G* g) {
          const record::State state = g->state.load(std::memory_order_acquire);
          EXPECT_TRUE(state == record::State::kIdle || state == record::State::kDead);
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<G*> all;
  size_t count = 0;
  for (const auto& mine : taken) {
    all.insert(mine.begin(), mine.end());
    count += mine.size();
  }
  EXPECT_EQ(all.size(), count);
}

// Sanitizers' frames are larger, and so are those of a build without optimisation.
#if defined(__OPTIMIZE__) && !defined(MUSTER_SANITIZED)
TEST(StackCost, AGoroutineParkedInAReceiveIsOnePageWhateverItsColor) {
  muster::Run([] {
    constexpr int kGoroutines = 4 * static_cast<int>(stack::kColors);
    std::vector<const G*> slots(kGoroutines);
    auto gate = MakeChan<int>();
    WaitGroup done;
    done.Add(kGoroutines);
    for (int i = 0; i < kGoroutines; ++i) {
      Go([&slots, &done, gate, i] {
        slots[static_cast<size_t>(i)] = sched::Self();
        gate.Recv();
        done.Done();
      });
    }
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive, kGoroutines);
    for (const G* g : slots) EXPECT_EQ(testing::ResidentPages(g), 1);
    gate.Close();
    done.Wait();
  });
}

TEST(StackCost, TwentyThousandParkedCostFiveKibibytesEach) {
  muster::Run([] {
    constexpr int kGoroutines = 20'000;
    const runtime::StackStats before = runtime::ReadStackStats();
    auto gate = MakeChan<int>();
    WaitGroup parked;
    WaitGroup done;
    parked.Add(kGoroutines);
    done.Add(kGoroutines);
    for (int i = 0; i < kGoroutines; ++i) {
      Go([&parked, &done, gate] {
        parked.Done();
        gate.Recv();
        done.Done();
      });
    }
    parked.Wait();
    const runtime::StackStats after = runtime::ReadStackStats();
    gate.Close();
    done.Wait();
    EXPECT_GE(after.slots_in_use - before.slots_in_use, kGoroutines);
    const int64_t resident = after.bytes_resident - before.bytes_resident;
    const int64_t tables = after.page_table_bytes - before.page_table_bytes;
    EXPECT_LE((resident + tables) / kGoroutines, 5 * 1024);
  });
}
#endif

}  // namespace
}  // namespace muster
