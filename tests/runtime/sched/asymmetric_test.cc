#include "runtime/sched/asymmetric.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace muster::sched {
namespace {

struct alignas(64) Cell {
  std::atomic<int> value{0};
};

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
    while (others_round.load(std::memory_order_acquire) < static_cast<int>(i)) {
    }
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

TEST(AsymmetricStress, OneOfTwoAlwaysSeesTheOther) {
  EXPECT_EQ(BothMissed(50'000, &LightBarrier, &HeavyBarrier), 0);
}

// That the test above can fail: the same without fences, on a machine where it can happen.
TEST(AsymmetricStress, WithoutFencesBothMayMiss) {
#ifdef MUSTER_SANITIZED
  GTEST_SKIP() << "instrumented stores come with fences of their own";
#endif
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one CPU sees its own stores";
  const auto nothing = [] { std::atomic_signal_fence(std::memory_order_seq_cst); };
  int missed = 0;
  for (int attempt = 0; attempt < 200 && missed == 0; ++attempt) {
    missed = BothMissed(10'000, nothing, nothing);
  }
  EXPECT_GT(missed, 0);
}

TEST(Asymmetric, IsAvailableOnThisKernel) {
  // All kernels since 4.14 have it. Where it is missing everything works, but slower than measured.
  EXPECT_TRUE(g_light_barriers.load());
}

}  // namespace
}  // namespace muster::sched
