#include <gtest/gtest.h>

#include <deque>
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
constinit Cond g_cond(g_mutex);

TEST(Cond, IsConstantInitialised) {
  g_cond.Signal();
  g_cond.Broadcast();
  EXPECT_TRUE(g_mutex.TryLock());
  g_mutex.Unlock();
}

TEST(Cond, WaitReleasesTheLockAndTakesItAgain) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    WaitGroup wg;
    bool ready = false;
    wg.Go([&] {
      mu.Lock();
      while (!ready) cond.Wait();
      EXPECT_FALSE(mu.TryLock());
      mu.Unlock();
    });
    WaitUntilParkedOn(&cond, WaitReason::kCondWait);
    mu.Lock();  // free, as it waits
    ready = true;
    cond.Signal();
    mu.Unlock();
    wg.Wait();
  });
}

TEST(Cond, SignalWakesTheOneThatHasWaitedLongest) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    auto woken = MakeChan<int>();
    for (int i = 0; i < 3; ++i) {
      Go([&, i] {
        mu.Lock();
        cond.Wait();
        mu.Unlock();
        woken.Send(i);
      });
      WaitUntilParkedOn(&cond, WaitReason::kCondWait, i + 1);
    }
    for (int i = 0; i < 3; ++i) {
      cond.Signal();
      EXPECT_EQ(woken.Recv(), i);
    }
  });
}

TEST(Cond, BroadcastWakesAll) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    WaitGroup wg;
    for (int i = 0; i < 5; ++i) {
      wg.Go([&] {
        mu.Lock();
        cond.Wait();
        mu.Unlock();
      });
    }
    WaitUntilParkedOn(&cond, WaitReason::kCondWait, 5);
    cond.Broadcast();
    wg.Wait();
  });
}

TEST(Cond, SignalWithoutWaitersIsNotRemembered) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    WaitGroup wg;
    cond.Signal();
    wg.Go([&] {
      mu.Lock();
      cond.Wait();
      mu.Unlock();
    });
    WaitUntilParkedOn(&cond, WaitReason::kCondWait);
    cond.Signal();
    wg.Wait();
  });
}

TEST(Cond, NoSignalAfterTheUnlockIsLost) {
  muster::Run([] {
    Mutex mu;
    Cond not_empty(mu);
    Cond not_full(mu);
    WaitGroup wg;
    std::deque<int> queue;
    int64_t sum = 0;
    constexpr int kItems = 500;
    for (int p = 0; p < 3; ++p) {
      wg.Go([&] {
        for (int i = 1; i <= kItems; ++i) {
          mu.Lock();
          while (queue.size() == 2) not_full.Wait();
          queue.push_back(i);
          not_empty.Signal();
          mu.Unlock();
        }
      });
      wg.Go([&] {
        for (int i = 0; i < kItems; ++i) {
          mu.Lock();
          while (queue.empty()) not_empty.Wait();
          sum += queue.front();
          queue.pop_front();
          not_full.Signal();
          mu.Unlock();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(sum, int64_t{3} * kItems * (kItems + 1) / 2);
  });
}

TEST(Cond, WaitWithoutTheLockPanicsAndLeavesNoWaiter) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    ExpectPanic("sync: unlock of unlocked mutex", [&] { cond.Wait(); });
    WaitGroup wg;
    wg.Go([&] {
      mu.Lock();
      cond.Wait();
      mu.Unlock();
    });
    WaitUntilParkedOn(&cond, WaitReason::kCondWait);
    cond.Signal();  // would be spent on the one that panicked
    wg.Wait();
  });
}

TEST(Cond, WorksOnBothSidesOfAnRWMutex) {
  muster::Run([] {
    RWMutex mu;
    Cond readers(mu.RLocker());
    Cond writers(mu);
    WaitGroup wg;
    bool ready = false;
    for (int i = 0; i < 3; ++i) {
      wg.Go([&] {
        mu.RLock();
        while (!ready) readers.Wait();
        mu.RUnlock();
      });
    }
    wg.Go([&] {
      mu.Lock();
      while (!ready) writers.Wait();
      EXPECT_FALSE(mu.TryRLock());
      mu.Unlock();
    });
    WaitUntilParkedOn(&readers, WaitReason::kCondWait, 3);
    WaitUntilParkedOn(&writers, WaitReason::kCondWait);
    mu.Lock();
    ready = true;
    mu.Unlock();
    readers.Broadcast();
    writers.Signal();
    wg.Wait();
  });
}

TEST(Cond, MayWaitInAnotherGoroutineThanTheOneThatLocked) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    WaitGroup wg;
    mu.Lock();
    wg.Go([&] {
      cond.Wait();
      mu.Unlock();
    });
    WaitUntilParkedOn(&cond, WaitReason::kCondWait);
    mu.Lock();
    cond.Signal();
    mu.Unlock();
    wg.Wait();
  });
}

TEST(Cond, ThreadsAndGoroutinesSignalEachOther) {
  Mutex mu;
  Cond cond(mu);
  int turn = 0;
  constexpr int kTurns = 200;
  auto play = [&](int side) {
    for (int i = 0; i < kTurns; ++i) {
      mu.Lock();
      while (turn % 2 != side) cond.Wait();
      ++turn;
      mu.Unlock();
      cond.Broadcast();
    }
  };
  std::thread thread([&] { play(0); });
  muster::Run([&] { play(1); });
  thread.join();
  EXPECT_EQ(turn, 2 * kTurns);
}

}  // namespace
}  // namespace muster
