#include "runtime/sched/run_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/sched/g.h"

namespace muster::sched {
namespace {

std::vector<std::unique_ptr<G>> MakeGs(int count) {
  std::vector<std::unique_ptr<G>> gs;
  for (int i = 0; i < count; ++i) {
    gs.push_back(std::make_unique<G>());
    gs.back()->id = static_cast<uint64_t>(i);
  }
  return gs;
}

TEST(RunQueue, GivesBackInOrderOfArrival) {
  auto gs = MakeGs(10);
  RunQueue queue;
  for (auto& g : gs) ASSERT_TRUE(queue.PushBack(g.get()));
  bool inherits = true;
  for (auto& g : gs) {
    EXPECT_EQ(queue.Pop(&inherits), g.get());
    EXPECT_FALSE(inherits);
  }
  EXPECT_EQ(queue.Pop(&inherits), nullptr);
}

TEST(RunQueue, NextSlotGoesFirstAndInheritsTheSlice) {
  auto gs = MakeGs(3);
  RunQueue queue;
  queue.PushBack(gs[0].get());
  EXPECT_EQ(queue.ExchangeNext(gs[1].get()), nullptr);
  EXPECT_EQ(queue.ExchangeNext(gs[2].get()), gs[1].get());  // kicked out
  bool inherits = false;
  EXPECT_EQ(queue.Pop(&inherits), gs[2].get());
  EXPECT_TRUE(inherits);
  EXPECT_EQ(queue.Pop(&inherits), gs[0].get());
  EXPECT_TRUE(queue.Empty());
}

TEST(RunQueue, RefusesWhenFullAndGivesUpItsFirstHalf) {
  auto gs = MakeGs(RunQueue::kCapacity + 1);
  RunQueue queue;
  for (uint32_t i = 0; i < RunQueue::kCapacity; ++i) ASSERT_TRUE(queue.PushBack(gs[i].get()));
  EXPECT_FALSE(queue.PushBack(gs[RunQueue::kCapacity].get()));
  G* batch[RunQueue::kCapacity / 2];
  ASSERT_EQ(queue.PopHalf(batch), RunQueue::kCapacity / 2);
  EXPECT_EQ(batch[0], gs[0].get());
  EXPECT_EQ(queue.Size(), RunQueue::kCapacity / 2);
}

TEST(RunQueue, ThiefTakesTheOlderHalf) {
  auto gs = MakeGs(8);
  RunQueue victim, thief;
  for (auto& g : gs) victim.PushBack(g.get());
  G* first = victim.StealInto(&thief, false);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(victim.Size(), 4u);
  EXPECT_EQ(thief.Size(), 3u);  // the fourth is `first`
}

TEST(RunQueue, ThiefLeavesTheNextSlotUnlessAskedFor) {
  auto gs = MakeGs(1);
  RunQueue victim, thief;
  victim.ExchangeNext(gs[0].get());
  EXPECT_EQ(victim.StealInto(&thief, false), nullptr);
  EXPECT_EQ(victim.StealInto(&thief, true), gs[0].get());
  EXPECT_TRUE(victim.Empty());
}

// One owner pushes and pops while two thieves steal: every goroutine comes out exactly once.
TEST(RunQueueStress, NothingIsLostOrTakenTwice) {
  constexpr int kCount = 100'000;
  auto gs = MakeGs(kCount);
  std::vector<std::atomic<int>> taken(kCount);
  RunQueue queue;
  std::atomic<bool> done{false};
  auto take = [&](G* g) { taken[g->id].fetch_add(1, std::memory_order_relaxed); };
  auto thief = [&] {
    RunQueue own;
    for (;;) {
      const bool last = done.load(std::memory_order_acquire);
      bool inherits = false;
      G* g = queue.StealInto(&own, true);
      if (g != nullptr) take(g);
      while (G* more = own.Pop(&inherits)) take(more);
      if (g == nullptr && last) return;
    }
  };
  std::thread one(thief), two(thief);
  bool inherits = false;
  for (int i = 0; i < kCount; ++i) {
    G* g = gs[static_cast<size_t>(i)].get();
    if (i % 3 == 0) g = queue.ExchangeNext(g);
    while (g != nullptr && !queue.PushBack(g)) {
      if (G* mine = queue.Pop(&inherits)) take(mine);
    }
    if (i % 5 == 0) {
      if (G* mine = queue.Pop(&inherits)) take(mine);
    }
  }
  while (G* mine = queue.Pop(&inherits)) take(mine);
  done.store(true, std::memory_order_release);
  one.join();
  two.join();
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(taken[static_cast<size_t>(i)].load(), 1) << i;
}

// The owner leaves a goroutine in the next slot for about as long as a thief watches it, then takes
// it back: it is one of the two, never both or neither.
TEST(RunQueueStress, TheNextSlotIsTakenByOwnerOrThief) {
  constexpr int kCount = 20'000;
  auto gs = MakeGs(kCount);
  std::vector<std::atomic<int>> taken(kCount);
  RunQueue queue;
  std::atomic<bool> done{false};
  int stolen = 0, kept = 0;
  std::thread thief([&] {
    RunQueue own;
    while (!done.load(std::memory_order_acquire)) {
      if (G* g = queue.StealInto(&own, true)) {
        taken[g->id].fetch_add(1, std::memory_order_relaxed);
        ++stolen;
      }
    }
  });
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(queue.ExchangeNext(gs[static_cast<size_t>(i)].get()), nullptr);
    for (int wait = i % 256; wait > 0; --wait) __builtin_ia32_pause();
    bool inherits = false;
    if (G* mine = queue.Pop(&inherits)) {
      taken[mine->id].fetch_add(1, std::memory_order_relaxed);
      ++kept;
    }
  }
  done.store(true, std::memory_order_release);
  thief.join();
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(taken[static_cast<size_t>(i)].load(), 1) << i;
  EXPECT_EQ(stolen + kept, kCount);
  EXPECT_GT(kept, 0);
  // That thefts happen at all is seen here only: on one CPU there may be none.
  if (std::thread::hardware_concurrency() > 1) {
    EXPECT_GT(stolen, 0);
  }
}

}  // namespace
}  // namespace muster::sched
