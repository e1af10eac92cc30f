// An unlock is a plain store followed by a look at the parking lot. What these tests are after is a
// wake-up that is lost between the two: then somebody waits for ever, and the test does not end.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "runtime/sync/parking_lot.h"
#include "tests/runtime/sync/rendezvous.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using internal::BucketOf;
using record::WaitReason;
using testing::Rendezvous;
using testing::WaitUntilParkedOn;

// Holds a lock for some 0 to 250 ns, so that by and by an unlock meets every step of a waiter.
void Dawdle(int n) {
  for (int i = 0; i < n % 1024; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
}

// A new mutex each time, so that its first waiter pays for the barrier each time.
TEST(MutexStress, FirstWaiterAndUnlockMeet) {
  constexpr int kRounds = 1000;
  std::vector<Mutex> mutexes(kRounds);
  int inside = 0;
  Rendezvous rendezvous;
  auto run = [&] {
    for (int round = 0; round < kRounds; ++round) {
      rendezvous.Meet(round);
      for (int i = 0; i < 3; ++i) {
        const std::scoped_lock hold(mutexes[static_cast<size_t>(round)]);
        ++inside;
        Dawdle(round);
      }
    }
  };
  std::thread thread(run);
  muster::Run(run);
  thread.join();
  EXPECT_EQ(inside, 2 * kRounds * 3);
}

// The same mutex each time: unlocks pay for a fence, and waiters for no barrier.
TEST(MutexStress, LaterWaiterAndUnlockMeet) {
  constexpr int kRounds = 5000;
  Mutex mu;
  int inside = 0;
  Rendezvous rendezvous;
  auto run = [&] {
    for (int round = 0; round < kRounds; ++round) {
      rendezvous.Meet(round);
      for (int i = 0; i < 3; ++i) {
        const std::scoped_lock hold(mu);
        ++inside;
        Dawdle(round);
      }
    }
  };
  std::thread thread(run);
  muster::Run(run);
  thread.join();
  EXPECT_EQ(inside, 2 * kRounds * 3);
}

// The holder gives way, so that the others queue; nothing but the unlock can wake them.
TEST(MutexStress, EveryUnlockFindsWhoParkedMeanwhile) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    int count = 0;
    for (int i = 0; i < 8; ++i) {
      wg.Go([&, i] {
        for (int k = 0; k < 2000; ++k) {
          mu.Lock();
          ++count;
          if ((k + i) % 4 == 0) runtime::Gosched();
          mu.Unlock();
          if ((k + i) % 7 == 0) runtime::Gosched();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(count, 8 * 2000);
  });
}

// Long enough without contention for unlocks to stop paying for fences, then contention again.
TEST(MutexStress, WaitersComeAndGoWhileOneLocksAllTheTime) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    std::atomic<int> visitors{3};
    int count = 0;
    for (int i = 0; i < 3; ++i) {
      wg.Go([&, i] {
        for (int k = 0; k < 10; ++k) {
          time::Sleep(absl::Microseconds(50 * (i + 1)));
          const std::scoped_lock hold(mu);
          ++count;
        }
        --visitors;
      });
    }
    while (visitors != 0) {
      const std::scoped_lock hold(mu);
      ++count;
    }
    wg.Wait();
    EXPECT_GE(count, 30);
  });
}

TEST(MutexStress, ThreadsAndGoroutinesWakeEachOther) {
  Mutex mu;
  int count = 0;
  auto run = [&] {
    for (int k = 0; k < 2000; ++k) {
      const std::scoped_lock hold(mu);
      ++count;
      if (k % 8 == 0) std::this_thread::yield();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back(run);
  muster::Run([&] {
    WaitGroup wg;
    for (int i = 0; i < 4; ++i) wg.Go(run);
    wg.Wait();
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 6 * 2000);
}

TEST(MutexStress, TryLockTakesNobodysWakeUpAway) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    int count = 0;
    for (int i = 0; i < 4; ++i) {
      wg.Go([&] {
        for (int k = 0; k < 2000; ++k) {
          mu.Lock();
          ++count;
          if (k % 4 == 0) runtime::Gosched();
          mu.Unlock();
        }
      });
      wg.Go([&] {
        for (int k = 0; k < 2000; ++k) {
          if (!mu.TryLock()) continue;
          ++count;
          --count;
          mu.Unlock();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(count, 4 * 2000);
  });
}

// The last of two destroys the mutex and makes another one in its place, which is locked and waited
// for at once: a late look of the first one's unlock must do that no harm.
TEST(MutexStress, AnotherMutexMayBeMadeInTheSamePlace) {
  muster::Run([] {
    struct Place {
      alignas(Mutex) std::byte bytes[sizeof(Mutex)];
      int holders = 2;
      int count = 0;
    };
    for (int round = 0; round < 500; ++round) {
      Place place;
      auto* mutex = new (place.bytes) Mutex;
      WaitGroup wg;
      for (int i = 0; i < 2; ++i) {
        wg.Go([&] {
          mutex->Lock();
          const bool last = --place.holders == 0;
          mutex->Unlock();
          if (!last) return;
          mutex->~Mutex();
          auto* second = new (place.bytes) Mutex;
          WaitGroup users;
          for (int k = 0; k < 3; ++k) {
            users.Go([&place, second] {
              const std::scoped_lock hold(*second);
              const int before = place.count;
              runtime::Gosched();
              place.count = before + 1;
            });
          }
          users.Wait();
          second->~Mutex();
        });
      }
      wg.Wait();
      EXPECT_EQ(place.count, 3);
    }
  });
}

// Two mutexes of one bucket: among more than there are buckets, some must share one.
struct Neighbours {
  std::vector<Mutex> mutexes = std::vector<Mutex>(internal::kBuckets + 1);
  Mutex* one = nullptr;
  Mutex* two = nullptr;

  Neighbours() {
    std::map<const void*, Mutex*> seen;
    for (Mutex& mutex : mutexes) {
      const auto [at, is_new] = seen.emplace(&BucketOf(&mutex), &mutex);
      if (is_new) continue;
      one = at->second;
      two = &mutex;
      return;
    }
  }
};

TEST(MutexParkingLot, UnlockWakesItsOwnWaitersOnly) {
  muster::Run([] {
    const Neighbours neighbours;
    neighbours.one->Lock();
    neighbours.two->Lock();
    auto locked = MakeChan<const Mutex*>();
    WaitGroup wg;
    for (Mutex* mutex : {neighbours.one, neighbours.two}) {
      wg.Go([=] {
        mutex->Lock();
        locked.Send(mutex);
        mutex->Unlock();
      });
      WaitUntilParkedOn(mutex, WaitReason::kMutexLock);
    }
    // The one whose waiter is found last in the bucket's list comes first, and the other way round.
    neighbours.one->Unlock();
    EXPECT_EQ(locked.Recv(), neighbours.one);
    EXPECT_FALSE(neighbours.two->TryLock());
    neighbours.two->Unlock();
    EXPECT_EQ(locked.Recv(), neighbours.two);
    wg.Wait();
  });
}

TEST(MutexParkingLot, ManyMutexesOfOneBucketKeepTheirWaitersApart) {
  muster::Run([] {
    const Neighbours neighbours;
    WaitGroup wg;
    int counts[2] = {};
    Mutex* const mutexes[2] = {neighbours.one, neighbours.two};
    for (int i = 0; i < 8; ++i) {
      wg.Go([&, i] {
        for (int k = 0; k < 1000; ++k) {
          const int which = (i + k) % 2;
          const std::scoped_lock hold(*mutexes[which]);
          ++counts[which];
          if (k % 3 == 0) runtime::Gosched();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(counts[0] + counts[1], 8 * 1000);
  });
}

TEST(MutexParkingLot, IsEmptyWhenNobodyWaits) {
  muster::Run([] {
    Mutex mu;
    mu.Lock();
    WaitGroup wg;
    for (int i = 0; i < 3; ++i) {
      wg.Go([&] {
        const std::scoped_lock hold(mu);
        runtime::Gosched();
      });
    }
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock, 3);
    EXPECT_EQ(BucketOf(&mu).count, 1u);
    mu.Unlock();
    wg.Wait();
    EXPECT_EQ(BucketOf(&mu).count, 0u);
  });
}

// The hog never leaves it alone: the others are served only if the lock is handed over.
TEST(MutexStress, StarvingWaitersAreHandedTheLockInTurn) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    std::atomic<int> unserved{4};
    for (int i = 0; i < 4; ++i) {
      wg.Go([&] {
        for (int k = 0; k < 3; ++k) {
          const std::scoped_lock hold(mu);
        }
        --unserved;
      });
    }
    while (unserved != 0) {
      mu.Lock();
      if (unserved % 2 == 0) runtime::Gosched();
      mu.Unlock();
    }
    wg.Wait();
  });
}

}  // namespace
}  // namespace muster
