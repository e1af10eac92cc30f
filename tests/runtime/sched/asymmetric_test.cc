#include "runtime/sched/asymmetric.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace muster::sched {
namespace {

struct alignas(64) Cell {
  std::atomic<int> value{0};
};

// Busy for as long as a side takes that runs at the same time; where it does not, on a machine that
// has other things to do, it gets the CPU.
void AwaitRound(const std::atomic<int>& round, int wanted) {
  constexpr int kSpins = 10'000;
  for (int spins = 0; round.load(std::memory_order_acquire) < wanted;) {
    if (++spins > kSpins) std::this_thread::yield();
  }
}

// One side of Dekker's pattern, over and over, in step with the other side: stores to its cell,
// fences, and keeps what it then sees in the other's.
template <typename Fence>
void RunSide(std::vector<Cell>& mine, std::vector<Cell>& others, std::atomic<int>& my_round,
             const std::atomic<int>& others_round, std::vector<int>& seen, Fence fence) {
  for (size_t i = 0; i < mine.size(); ++i) {
    // Has the other's cell in the cache, so that the load below is quick and the store is not.
    while (others[i].value.load(std::memory_order_relaxed) < 0) {
    }
    my_round.store(static_cast<int>(i), std::memory_order_release);
    AwaitRound(others_round, static_cast<int>(i));
    mine[i].value.store(1, std::memory_order_relaxed);
    fence();
    seen[i] = others[i].value.load(std::memory_order_relaxed);
  }
}

// How often both sides have missed the other's store.
template <typename One, typename Other>
int BothMissed(int rounds, One one, Other other) {
  const auto size = static_cast<size_t>(rounds);
  std::vector<Cell> a(size), b(size);
  std::vector<int> seen_a(size), seen_b(size);
  std::atomic<int> round_a{-1}, round_b{-1};
  std::thread thread([&] { RunSide(a, b, round_a, round_b, seen_a, one); });
  RunSide(b, a, round_b, round_a, seen_b, other);
  thread.join();
  int missed = 0;
  for (size_t i = 0; i < size; ++i) missed += seen_a[i] == 0 && seen_b[i] == 0 ? 1 : 0;
  return missed;
}

// Whether so many rounds, or fewer where they have taken so long by then, show `missed`: a round
// takes a microsecond where both sides run, and a time slice where they do not.
template <typename One, typename Other>
bool EverMissed(int rounds, std::chrono::seconds patience, One one, Other other) {
  constexpr int kBatch = 500;
  const auto end = std::chrono::steady_clock::now() + patience;
  for (int made = 0; made < rounds && std::chrono::steady_clock::now() < end; made += kBatch) {
    if (BothMissed(kBatch, one, other) > 0) return true;
  }
  return false;
}

TEST(AsymmetricStress, OneOfTwoAlwaysSeesTheOther) {
  EXPECT_FALSE(EverMissed(50'000, std::chrono::seconds(20), &LightBarrier, &HeavyBarrier));
}

// That the test above can fail: the same without fences, on a machine where it can happen.
TEST(AsymmetricStress, WithoutFencesBothMayMiss) {
#ifdef MUSTER_SANITIZED
  GTEST_SKIP() << "instrumented stores come with fences of their own";
#endif
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one CPU sees its own stores";
  const auto nothing = [] { std::atomic_signal_fence(std::memory_order_seq_cst); };
  constexpr int kRounds = 2'000'000;
  if (!EverMissed(kRounds, std::chrono::minutes(1), nothing, nothing)) {
    GTEST_SKIP() << "the two threads have never run at the same time: the machine is too busy";
  }
}

TEST(Asymmetric, IsAvailableOnThisKernel) {
  // All kernels since 4.14 have it. Where it is missing everything works, but slower than measured.
  EXPECT_TRUE(g_light_barriers.load());
}

}  // namespace
}  // namespace muster::sched
