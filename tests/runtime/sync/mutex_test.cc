#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/sync/expect_panic.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::ExpectPanic;
using testing::WaitUntilParkedOn;

constinit Mutex g_mutex;

TEST(Mutex, IsConstantInitialisedAndSmall) {
  static_assert(sizeof(Mutex) <= 40);
  const std::scoped_lock hold(g_mutex);
  EXPECT_FALSE(g_mutex.try_lock());
}

TEST(Mutex, ExcludesAllOthers) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    int inside = 0, count = 0;
    for (int i = 0; i < 8; ++i) {
      wg.Go([&] {
        for (int k = 0; k < 200; ++k) {
          mu.Lock();
          EXPECT_EQ(++inside, 1);
          if (k % 8 == 0) runtime::Gosched();
          --inside;
          ++count;
          mu.Unlock();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(count, 1600);
  });
}

TEST(Mutex, LockWaitsUntilUnlock) {
  muster::Run([] {
    Mutex mu;
    bool released = false;
    auto seen = MakeChan<bool>();
    mu.Lock();
    Go([&] {
      mu.Lock();
      const bool was_released = released;
      mu.Unlock();
      seen.Send(was_released);
    });
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    released = true;
    mu.Unlock();
    EXPECT_EQ(seen.Recv(), true);
  });
}

TEST(Mutex, MayBeUnlockedByAnotherGoroutine) {
  muster::Run([] {
    Mutex mu;
    mu.Lock();
    Go([&] { mu.Unlock(); });
    mu.Lock();
    mu.Unlock();
  });
}

TEST(Mutex, SelfLockEndsWhenAnotherGoroutineUnlocks) {
  muster::Run([] {
    Mutex mu;
    auto done = MakeChan<int>();
    Go([&] {
      mu.Lock();
      mu.Lock();
      mu.Unlock();
      done.Send(1);
    });
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    mu.Unlock();
    EXPECT_TRUE(done.Recv());
  });
}

TEST(Mutex, UnlockOfOneNeverLockedPanics) {
  Mutex mu;
  ExpectPanic("sync: unlock of unlocked mutex", [&] { mu.Unlock(); });
}

TEST(Mutex, SecondUnlockPanicsAndChangesNothing) {
  muster::Run([] {
    Mutex mu;
    mu.Lock();
    mu.Unlock();
    ExpectPanic("sync: unlock of unlocked mutex", [&] { mu.unlock(); });
    EXPECT_TRUE(mu.TryLock());
    EXPECT_FALSE(mu.TryLock());
    mu.Unlock();
  });
}

TEST(Mutex, TryLockTakesOnlyAFreeOne) {
  Mutex mu;
  EXPECT_TRUE(mu.TryLock());
  EXPECT_FALSE(mu.TryLock());
  mu.Unlock();
  EXPECT_TRUE(mu.try_lock());
  mu.unlock();
}

TEST(Mutex, TryLockLoopLetsTheHolderRun) {
  muster::Run([] {
    Mutex mu;
    mu.Lock();
    Go([&] { mu.Unlock(); });
    while (!mu.TryLock()) {
    }
    mu.Unlock();
  });
}

TEST(Mutex, ServesWaitersInOrderOfArrival) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    std::vector<int> order;
    mu.Lock();
    for (int i = 0; i < 6; ++i) {
      wg.Go([&, i] {
        mu.Lock();
        order.push_back(i);
        mu.Unlock();
      });
      WaitUntilParkedOn(&mu, WaitReason::kMutexLock, i + 1);
    }
    mu.Unlock();
    wg.Wait();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  });
}

// Ends only because the waiter is handed the lock some time: the hog never leaves it alone.
TEST(MutexFairness, WaiterIsNotStarvedByOneThatRelocksAtOnce) {
  muster::Run([] {
    Mutex mu;
    std::atomic<bool> served{false};
    mu.Lock();
    Go([&] {
      const std::scoped_lock hold(mu);
      served = true;
    });
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    while (!served) {
      mu.Unlock();
      mu.Lock();
    }
    mu.Unlock();
  });
}

TEST(MutexFairness, EveryoneOfManyHogsIsServed) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    std::atomic<int> unserved{6};
    for (int i = 0; i < 6; ++i) {
      wg.Go([&] {
        bool counted = false;
        while (unserved != 0) {
          const std::scoped_lock hold(mu);
          if (!std::exchange(counted, true)) --unserved;
        }
      });
    }
    wg.Wait();
  });
}

TEST(Mutex, IsSharedByThreadsAndGoroutines) {
  Mutex mu;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 500; ++k) {
        const std::scoped_lock hold(mu);
        ++count;
      }
    });
  }
  muster::Run([&] {
    WaitGroup wg;
    for (int i = 0; i < 4; ++i) {
      wg.Go([&] {
        for (int k = 0; k < 500; ++k) {
          const std::scoped_lock hold(mu);
          ++count;
        }
      });
    }
    wg.Wait();
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 3000);
}

TEST(Mutex, ThreadParksUntilAGoroutineUnlocks) {
  Mutex mu;
  mu.Lock();
  Go([&] {
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    mu.Unlock();
  });
  mu.Lock();
  mu.Unlock();
}

TEST(MutexLockable, ScopedLockOfTwoTakesThemInAnyOrder) {
  muster::Run([] {
    Mutex a, b;
    WaitGroup wg;
    int count = 0;
    for (int i = 0; i < 4; ++i) {
      wg.Go([&, i] {
        for (int k = 0; k < 100; ++k) {
          if (i % 2 == 0) {
            const std::scoped_lock hold(a, b);
            ++count;
          } else {
            const std::scoped_lock hold(b, a);
            ++count;
          }
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(count, 400);
  });
}

TEST(MutexLockable, UniqueLockTriesAndReleases) {
  Mutex mu;
  std::unique_lock<Mutex> first(mu);
  std::unique_lock<Mutex> second(mu, std::try_to_lock);
  EXPECT_FALSE(second.owns_lock());
  first.unlock();
  EXPECT_TRUE(second.try_lock());
}

TEST(MutexLockable, IsReleasedByAnException) {
  Mutex mu;
  try {
    const std::scoped_lock hold(mu);
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(Mutex, IsHeldAcrossParking) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    auto go_on = MakeChan<int>();
    auto done = MakeChan<int>();
    wg.Go([&] {
      const std::scoped_lock hold(mu);
      go_on.Recv();
    });
    WaitUntilParkedOn(go_on.ref().get(), WaitReason::kChanReceive);
    EXPECT_FALSE(mu.TryLock());
    wg.Go([&] {
      const std::scoped_lock hold(mu);
      done.Send(1);
    });
    go_on.Send(1);
    EXPECT_TRUE(done.Recv());
    wg.Wait();
  });
}

// The last of two to unlock destroys the mutex at once; address sanitizers see a late touch.
TEST(MutexLifetime, MayBeDestroyedAfterTheLastUnlock) {
  muster::Run([] {
    struct Shared {
      Mutex mu;
      int holders = 2;
    };
    WaitGroup wg;
    for (int round = 0; round < 300; ++round) {
      auto* shared = new Shared;
      for (int i = 0; i < 2; ++i) {
        wg.Go([shared] {
          shared->mu.Lock();
          const bool last = --shared->holders == 0;
          shared->mu.Unlock();
          if (last) delete shared;
        });
      }
    }
    wg.Wait();
  });
}

}  // namespace
}  // namespace muster
