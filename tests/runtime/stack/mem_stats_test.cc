// runtime::ReadMemStats.
#include "muster/mem_stats.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/wait_until.h"

namespace muster::runtime {
namespace {

TEST(ReadMemStats, CountsGoroutinesThatWereCreatedAndHaveExited) {
  muster::Run([] {
    const MemStats before = ReadMemStats();
    auto gate = MakeChan<int>();
    WaitGroup ended;
    for (int i = 0; i < 100; ++i) ended.Go([gate] { gate.Recv(); });
    const MemStats full = ReadMemStats();
    EXPECT_EQ(full.goroutines_created - before.goroutines_created, 100);
    EXPECT_EQ(full.goroutines, before.goroutines + 100);
    gate.Close();
    ended.Wait();
    while (NumGoroutine() > before.goroutines) Gosched();
    const MemStats empty = ReadMemStats();
    EXPECT_EQ(empty.goroutines_created, full.goroutines_created);
    EXPECT_EQ(empty.goroutines_exited - before.goroutines_exited, 100);
  });
}

TEST(ReadMemStats, TellsStacksThatAreInUseFromThoseThatAreKept) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    for (int i = 0; i < 200; ++i) Go([gate] { gate.Recv(); });
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive, 200);
    const MemStats full = ReadMemStats();
    const uint64_t pages = 200 * 4096;
    EXPECT_GE(full.stacks_committed - full.stacks_cached, pages);
    EXPECT_GT(full.stacks_reserved, full.stacks_committed);
    gate.Close();
    while (NumGoroutine() > 1) Gosched();
    EXPECT_GE(ReadMemStats().stacks_cached, full.stacks_cached + pages);
  });
}

TEST(ReadMemStats, TellsOfTheProcess) {
  muster::Run([] {
    const MemStats stats = ReadMemStats();
    EXPECT_GT(stats.resident, 0u);
    EXPECT_GT(stats.sys, stats.resident);
  });
}

#ifndef MUSTER_SANITIZED  // whose allocators mallinfo2 does not know
TEST(ReadMemStats, TellsOfTheHeap) {
  muster::Run([] {
    const MemStats before = ReadMemStats();
    constexpr size_t kLarge = 8 << 20, kSmall = 1000;
    std::unique_ptr<char[]> large(new char[kLarge]);
    std::unique_ptr<char[]> small[1000];
    for (auto& block : small) block.reset(new char[kSmall]);
    const MemStats after = ReadMemStats();
    EXPECT_GE(after.heap_alloc - before.heap_alloc, kLarge + 1000 * kSmall);
    EXPECT_EQ(after.heap_inuse, after.heap_alloc);
    EXPECT_EQ(after.heap_sys, after.heap_inuse + after.heap_idle);
    large.reset();
    EXPECT_LT(ReadMemStats().heap_alloc, after.heap_alloc - kLarge + kSmall);
  });
}
#endif

TEST(ReadMemStats, IsConsistentEnoughWhileGoroutinesComeAndGo) {
  muster::Run([] {
    WaitGroup ended;
    for (int i = 0; i < 4; ++i) {
      ended.Go([&ended] {
        for (int k = 0; k < 500; ++k) {
          ended.Go([] {});
          Gosched();
        }
      });
    }
    for (int i = 0; i < 50; ++i) {
      const MemStats stats = ReadMemStats();
      EXPECT_GE(stats.goroutines, 1);  // the one that asks
      EXPECT_GE(NumGoroutine(), 1);
      Gosched();
    }
    ended.Wait();
  });
}

}  // namespace
}  // namespace muster::runtime
