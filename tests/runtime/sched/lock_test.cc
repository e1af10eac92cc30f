#include "runtime/sched/lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/sched/futex.h"

namespace muster::sched {
namespace {

TEST(Lock, IsHeldByOneAtATime) {
  constexpr int kThreads = 4, kEach = 50'000;
  Lock lock;
  int64_t count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kEach; ++k) {
        LockGuard guard(lock);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kEach);
}

// A holder that does not run makes the others sleep; a release that does not see them would leave
// them asleep, and this test without an end.
TEST(LockStress, ThoseWhoSleepAreWoken) {
  constexpr int kThreads = 4, kEach = 400;
  Lock lock;
  std::atomic<uint32_t> never{0};
  int64_t count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kEach; ++k) {
        LockGuard guard(lock);
        ++count;
        // Off the CPU with the lock held, for longer than anybody spins.
        if (k % 4 == 0) futex::Wait(&never, 0, 50'000);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kEach);
}

// The one that gets the lock last may destroy it, while the one before is still in Release.
TEST(LockLifetime, MayBeDestroyedByTheNextOwner) {
  constexpr int kRounds = 20'000;
  struct Shared {
    Lock lock;
    int owners = 2;
  };
  std::atomic<Shared*> handed{nullptr};
  const auto take_turn = [](Shared* shared) {
    shared->lock.Acquire();
    const bool last = --shared->owners == 0;
    shared->lock.Release();
    if (last) delete shared;
  };
  std::thread thread([&] {
    for (int i = 0; i < kRounds; ++i) {
      Shared* shared = nullptr;
      while ((shared = handed.exchange(nullptr)) == nullptr) {
      }
      take_turn(shared);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    auto* shared = new Shared;
    handed.store(shared);
    take_turn(shared);
    while (handed.load() != nullptr) {
    }
  }
  thread.join();
}

}  // namespace
}  // namespace muster::sched
