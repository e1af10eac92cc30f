#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/sync/expect_panic.h"
#include "tests/runtime/sync/rendezvous.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::ExpectPanic;
using testing::Rendezvous;
using testing::WaitUntilParkedOn;

constinit RWMutex g_mutex;

TEST(RWMutex, IsConstantInitialised) {
  const std::shared_lock hold(g_mutex);
  EXPECT_FALSE(g_mutex.TryLock());
}

TEST(RWMutex, ReadersShare) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup all_in, wg;
    all_in.Add(4);
    for (int i = 0; i < 4; ++i) {
      wg.Go([&] {
        mu.RLock();
        all_in.Done();
        all_in.Wait();  // would never end if one reader kept another out
        mu.RUnlock();
      });
    }
    wg.Wait();
    EXPECT_TRUE(mu.TryLock());
    mu.Unlock();
  });
}

TEST(RWMutex, WriterExcludesReadersAndWriters) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup wg;
    int value = 0;
    std::atomic<int> readers{0};
    for (int i = 0; i < 3; ++i) {
      wg.Go([&] {
        for (int k = 0; k < 200; ++k) {
          mu.Lock();
          EXPECT_EQ(readers, 0);
          ++value;
          if (k % 16 == 0) runtime::Gosched();
          mu.Unlock();
        }
      });
      wg.Go([&] {
        for (int k = 0; k < 200; ++k) {
          mu.RLock();
          ++readers;
          const int before = value;
          if (k % 16 == 0) runtime::Gosched();
          EXPECT_EQ(value, before);
          --readers;
          mu.RUnlock();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(value, 600);
  });
}

TEST(RWMutex, PendingWriterKeepsNewReadersOut) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup wg;
    std::vector<char> order;
    mu.RLock();
    wg.Go([&] {
      mu.Lock();
      order.push_back('w');
      mu.Unlock();
    });
    WaitUntilParkedOn(&mu, WaitReason::kRWMutexLock);
    EXPECT_FALSE(mu.TryRLock());
    wg.Go([&] {
      mu.RLock();
      order.push_back('r');
      mu.RUnlock();
    });
    WaitUntilParkedOn(&mu, WaitReason::kRWMutexRLock);
    mu.RUnlock();
    wg.Wait();
    EXPECT_EQ(order, (std::vector<char>{'w', 'r'}));
  });
}

TEST(RWMutex, SecondReadLockBehindAPendingWriterWaits) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup wg;
    auto locked = MakeChan<int>();
    wg.Go([&] {
      mu.RLock();
      locked.Send(1);
      WaitUntilParkedOn(&mu, WaitReason::kRWMutexLock);
      mu.RLock();  // the deadlock of real programs; the test unlocks for it
      mu.RUnlock();
    });
    locked.Recv();
    wg.Go([&] {
      mu.Lock();
      mu.Unlock();
    });
    WaitUntilParkedOn(&mu, WaitReason::kRWMutexRLock);
    mu.RUnlock();
    wg.Wait();
  });
}

TEST(RWMutex, AllWaitingReadersGoBeforeTheNextWriter) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup all_in, wg;
    std::atomic<bool> second_writer{false};
    all_in.Add(5);
    mu.Lock();
    wg.Go([&] {
      mu.Lock();
      second_writer = true;
      mu.Unlock();
    });
    WaitUntilParkedOn(&mu, WaitReason::kRWMutexLock);
    for (int i = 0; i < 5; ++i) {
      wg.Go([&] {
        mu.RLock();
        all_in.Done();
        all_in.Wait();
        EXPECT_FALSE(second_writer);
        mu.RUnlock();
      });
    }
    WaitUntilParkedOn(&mu, WaitReason::kRWMutexRLock, 5);
    mu.Unlock();
    wg.Wait();
    EXPECT_TRUE(second_writer);
  });
}

// Both end only because the other side is let in some time.
TEST(RWMutexFairness, WriterIsNotStarvedByReaders) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup wg;
    std::atomic<bool> written{false};
    for (int i = 0; i < 4; ++i) {
      wg.Go([&] {
        while (!written) {
          mu.RLock();
          runtime::Gosched();  // so that some reader is always inside
          mu.RUnlock();
        }
      });
    }
    wg.Go([&] {
      mu.Lock();
      written = true;
      mu.Unlock();
    });
    wg.Wait();
  });
}

TEST(RWMutexFairness, ReaderIsNotStarvedByWriters) {
  muster::Run([] {
    RWMutex mu;
    WaitGroup wg;
    std::atomic<bool> read{false};
    for (int i = 0; i < 4; ++i) {
      wg.Go([&] {
        while (!read) {
          mu.Lock();
          runtime::Gosched();
          mu.Unlock();
        }
      });
    }
    wg.Go([&] {
      mu.RLock();
      read = true;
      mu.RUnlock();
    });
    wg.Wait();
  });
}

// A writer that is not let in by the last reader waits for ever.
TEST(RWMutexStress, LastReaderAndWriterMeet) {
  constexpr int kRounds = 1000;
  std::vector<RWMutex> mutexes(kRounds);
  int written = 0;
  Rendezvous rendezvous;
  std::thread thread([&] {
    for (int round = 0; round < kRounds; ++round) {
      rendezvous.Meet(round);
      for (int i = 0; i < 3; ++i) {
        const std::unique_lock hold(mutexes[static_cast<size_t>(round)]);
        ++written;
      }
    }
  });
  muster::Run([&] {
    for (int round = 0; round < kRounds; ++round) {
      rendezvous.Meet(round);
      for (int i = 0; i < 3; ++i) {
        const std::shared_lock hold(mutexes[static_cast<size_t>(round)]);
        EXPECT_LE(written, 3 * (round + 1));
      }
    }
  });
  thread.join();
  EXPECT_EQ(written, 3 * kRounds);
}

TEST(RWMutex, MisuseOfUnlockPanics) {
  RWMutex mu;
  ExpectPanic("sync: Unlock of unlocked RWMutex", [&] { mu.Unlock(); });
  ExpectPanic("sync: RUnlock of unlocked RWMutex", [&] { mu.RUnlock(); });
  mu.RLock();
  ExpectPanic("sync: Unlock of unlocked RWMutex", [&] { mu.Unlock(); });
  mu.RUnlock();
  mu.Lock();
  ExpectPanic("sync: RUnlock of unlocked RWMutex", [&] { mu.RUnlock(); });
  mu.Unlock();
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(RWMutex, MayBeUnlockedByAnotherGoroutine) {
  muster::Run([] {
    RWMutex mu;
    mu.RLock();
    Go([&] { mu.RUnlock(); });
    mu.Lock();
    Go([&] { mu.Unlock(); });
    mu.RLock();
    mu.RUnlock();
  });
}

TEST(RWMutex, TryLocksTakeOnlyWhatNeedsNoWaiting) {
  RWMutex mu;
  EXPECT_TRUE(mu.TryRLock());
  EXPECT_TRUE(mu.TryRLock());
  EXPECT_FALSE(mu.TryLock());
  mu.RUnlock();
  mu.RUnlock();
  EXPECT_TRUE(mu.TryLock());
  EXPECT_FALSE(mu.TryRLock());
  EXPECT_FALSE(mu.TryLock());
  mu.Unlock();
}

TEST(RWMutexLockable, WorksWithStandardLocks) {
  RWMutex mu;
  {
    const std::shared_lock one(mu);
    const std::shared_lock two(mu);
    EXPECT_FALSE(mu.try_lock());
  }
  {
    const std::unique_lock writer(mu);
    EXPECT_FALSE(mu.try_lock_shared());
  }
  EXPECT_TRUE(mu.try_lock());
  mu.unlock();
}

TEST(RWMutexRLocker, LocksTheReadSide) {
  RWMutex mu;
  ReadLocker reader = mu.RLocker();
  {
    const std::scoped_lock hold(reader);
    EXPECT_TRUE(mu.TryRLock());
    mu.RUnlock();
    EXPECT_FALSE(mu.TryLock());
  }
  EXPECT_TRUE(mu.TryLock());
  EXPECT_FALSE(reader.TryLock());
  mu.Unlock();
}

TEST(RWMutex, IsSharedByThreadsAndGoroutines) {
  RWMutex mu;
  int value = 0;
  std::thread thread([&] {
    for (int k = 0; k < 300; ++k) {
      const std::unique_lock hold(mu);
      ++value;
    }
  });
  muster::Run([&] {
    WaitGroup wg;
    for (int i = 0; i < 2; ++i) {
      wg.Go([&] {
        for (int k = 0; k < 300; ++k) {
          const std::shared_lock hold(mu);
          EXPECT_LE(value, 600);
        }
      });
    }
    wg.Go([&] {
      for (int k = 0; k < 300; ++k) {
        const std::unique_lock hold(mu);
        ++value;
      }
    });
    wg.Wait();
  });
  thread.join();
  EXPECT_EQ(value, 600);
}

}  // namespace
}  // namespace muster
