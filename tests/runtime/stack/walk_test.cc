#include "runtime/stack/walk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/debugging/symbolize.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/frame_trust.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

std::vector<std::string> Names(const std::vector<uint64_t>& pcs) {
  std::vector<std::string> names;
  for (uint64_t pc : pcs) {
    char name[256] = "?";
    absl::Symbolize(reinterpret_cast<const void*>(pc - 1), name, sizeof(name));
    names.emplace_back(name);
  }
  return names;
}

size_t IndexOf(const std::vector<std::string>& names, const std::string& part) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].find(part) != std::string::npos) return i;
  }
  return names.size();
}

__attribute__((noinline)) void InnerWait(const Chan<int>& chan) {
  chan.Recv();
  __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) void OuterWait(const Chan<int>& chan) {
  InnerWait(chan);
  __asm__ volatile("" ::: "memory");
}
// A caller of 200 bytes of locals and busy callee-saved registers, for the unwinder to restore.
__attribute__((noinline)) int BusyWait(const Chan<int>& chan, int a, int b, int c) {
  volatile char room[200];
  room[0] = static_cast<char>(a);
  OuterWait(chan);
  return a * b + c + room[0];
}

record::Goroutine FindParked(const Chan<int>& chan) {
  testing::WaitUntilParkedOn(chan.ref().get(), record::WaitReason::kChanReceive);
  for (const record::Goroutine& g : record::Capture().goroutines) {
    if (g.reason == record::WaitReason::kChanReceive && !g.waits.empty() &&
        g.waits[0].object == reinterpret_cast<uint64_t>(chan.ref().get())) {
      return g;
    }
  }
  return {};
}

TEST(WalkParked, FindsEveryCallerUpToTheEntry) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Go([chan] { BusyWait(chan, 1, 2, 3); });
    const record::Goroutine g = FindParked(chan);
    chan.Close();
    const std::vector<std::string> names = Names(g.stack);
    const size_t inner = IndexOf(names, "InnerWait");
    ASSERT_LT(inner + 2, names.size()) << ::testing::PrintToString(names);
    EXPECT_NE(names[inner + 1].find("OuterWait"), std::string::npos) << names[inner + 1];
    EXPECT_NE(names[inner + 2].find("BusyWait"), std::string::npos) << names[inner + 2];
    EXPECT_EQ(IndexOf(names, "make_fcontext"), names.size());
    EXPECT_EQ(IndexOf(names, "GoroutineEntry"), names.size());
    EXPECT_LE(names.size(), inner + 6) << "the walk left the stack";
  });
}

__attribute__((noinline)) void SpawnsFromHere(const Chan<int>& chan) {
  Go([chan] { chan.Recv(); });
  __asm__ volatile("" ::: "memory");
}

TEST(CreationStack, BeginsAtTheCallOfGo) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    SpawnsFromHere(chan);
    const record::Goroutine g = FindParked(chan);
    chan.Close();
    const std::vector<std::string> names = Names(g.creation_stack);
    EXPECT_LT(IndexOf(names, "SpawnsFromHere"), 4u) << ::testing::PrintToString(names);
  });
}

__attribute__((noinline)) void Spins(const std::atomic<bool>* stop) {
  while (!stop->load(std::memory_order_relaxed)) {
  }
  __asm__ volatile("" ::: "memory");
}

// On a thread of its own, so that the spinning goroutine and the capture both run, with any
// GOMAXPROCS.
TEST(InterruptRunning, WalksAComputingGoroutineInPlace) {
  std::atomic<bool> stop{false};
  auto done = MakeChan<int>();
  Go([&stop, done] {
    Spins(&stop);
    done.Close();
  });
  bool seen = false;
  while (!seen) {
    for (const record::Goroutine& g : record::Capture().goroutines) {
      if (g.state != record::State::kRunning || g.kind != record::Kind::kGoroutine) continue;
      EXPECT_NE(g.tid, 0);
      const std::vector<std::string> names = Names(g.stack);
      seen = seen || IndexOf(names, "Spins") < names.size();
    }
  }
  stop = true;
  done.Recv();
}

TEST(WalkHere, BeginsWithItsCaller) {
  uint64_t pcs[8];
  const int count = stack::WalkHere(pcs, 8, 0);
  ASSERT_GT(count, 1);
  const auto names = Names({pcs, pcs + count});
  EXPECT_NE(names[0].find("WalkHere_BeginsWithItsCaller"), std::string::npos) << names[0];
}

TEST(WalkRegisters, StartsInTheCapturedFrame) {
  stack::Registers registers;
  stack::CaptureRegisters(&registers);
  uint64_t pcs[8];
  const int count = stack::WalkRegisters(registers, registers.sp, UINTPTR_MAX, pcs, 8);
  ASSERT_GT(count, 1);
  const auto names = Names({pcs, pcs + count});
  EXPECT_NE(names[0].find("StartsInTheCapturedFrame"), std::string::npos) << names[0];
}

// Compilers and libraries keep other things in that register, -8 as well as anything.
TEST(WalkFramePointers, ReadNothingWhereTheRegisterPointsNowhere) {
  alignas(16) uintptr_t words[8] = {};
  const auto lo = reinterpret_cast<uintptr_t>(words);
  const uintptr_t hi = lo + sizeof(words);
  for (const uintptr_t fp : {uintptr_t{0}, lo - 8, lo + 4, hi - 8, hi, UINTPTR_MAX - 7}) {
    uint64_t pcs[8];
    ASSERT_EQ(stack::WalkFramePointers(/*pc=*/41, lo, fp, hi, pcs, 8), 1) << fp;
    EXPECT_EQ(pcs[0], 42u);
  }
}

TEST(WalkFramePointers, FollowTheChainToItsEnd) {
  alignas(16) uintptr_t words[8] = {};
  const auto lo = reinterpret_cast<uintptr_t>(words);
  words[0] = reinterpret_cast<uintptr_t>(&words[4]);
  words[1] = 100;
  words[5] = 200;
  uint64_t pcs[8];
  ASSERT_EQ(stack::WalkFramePointers(/*pc=*/41, lo, lo, lo + sizeof(words), pcs, 8), 3);
  EXPECT_EQ(pcs[1], 100u);
  EXPECT_EQ(pcs[2], 200u);
}

TEST(Arena, GuardPageBelongsToTheStackAboveIt) {
  sched::G* g = stack::NewSlot();
  EXPECT_EQ(stack::GuardOwner(g->stack_lo - 1), g);
  EXPECT_EQ(stack::GuardOwner(g->stack_lo - stack::kPageSize), g);
  EXPECT_EQ(stack::GuardOwner(g->stack_lo), nullptr);
  int on_this_stack = 0;
  EXPECT_EQ(stack::GuardOwner(reinterpret_cast<uintptr_t>(&on_this_stack)), nullptr);
}

TEST(Arena, ControlBlockIsOnTheStacksTopPage) {
  sched::G* g = stack::NewSlot();
  const uintptr_t slot = g->stack_lo - stack::kPageSize;
  const uintptr_t top = slot + stack::SlotSize();
  EXPECT_GE(reinterpret_cast<uintptr_t>(g), top - stack::kPageSize);
  EXPECT_LE(reinterpret_cast<uintptr_t>(g) + sizeof(sched::G), top);
}

TEST(Arena, ForEachSlotSeesEverySlot) {
  sched::G* g = stack::NewSlot();
  bool seen = false;
  stack::ForEachSlot([&](sched::G* slot) { seen = seen || slot == g; });
  EXPECT_TRUE(seen);
}

TEST(Arena, DeadStacksAreUsedAgain) {
  muster::Run([] {
    int slots_before = 0;
    for (int i = 0; i < 100; ++i) {
      auto done = MakeChan<int>();
      Go([done] { done.Close(); });
      done.Recv();
    }
    while (runtime::NumGoroutine() > 1) runtime::Gosched();
    stack::ForEachSlot([&](sched::G*) { ++slots_before; });
    for (int i = 0; i < 1000; ++i) {
      auto done = MakeChan<int>();
      Go([done] { done.Close(); });
      done.Recv();
    }
    int slots_after = 0;
    stack::ForEachSlot([&](sched::G*) { ++slots_after; });
    // Each P keeps some for itself, so a few more than before are no surprise; a thousand would be.
    EXPECT_LT(slots_after - slots_before, 200);
  });
}

__attribute__((noinline)) int WalkBelow(int depth, uint64_t* pcs, int max) {
  const int count = depth > 0 ? WalkBelow(depth - 1, pcs, max) : stack::WalkHere(pcs, max, 0);
  __asm__ volatile("" ::: "memory");  // no tail call
  return count;
}

// Or libunwind would be called again at every spawn from such a stack.
TEST(WalkHere, JudgesEveryFrameOfAStackThatItCuts) {
  muster::Run([] {
    uint64_t pcs[8];
    const int count = WalkBelow(20, pcs, 8);
    EXPECT_EQ(count, 8);
    EXPECT_EQ(stack::TrustOfAll(pcs, count), stack::Trust::kKept);
  });
}

}  // namespace
}  // namespace muster
