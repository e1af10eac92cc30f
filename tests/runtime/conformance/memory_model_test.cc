// The Go Memory Model (go.dev/ref/mem). Each test has two accesses to a plain variable that one
// rule orders, many times over, and says that rule in our own words. Anywhere the value must be
// right; under ThreadSanitizer a missing edge is a report besides. That edges are not made where
// Go makes none, tests/runtime/tsan checks, case by case.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster {
namespace {

constexpr int kRounds = 200;

// Runs `round` in the main goroutine, often.
template <typename Round>
void Often(Round round) {
  muster::Run([&] {
    for (int i = 1; i <= kRounds; ++i) round(i);
  });
}

std::string* MadeBeforeMain() {
  static std::string text;
  text = "initialised";
  return &text;
}
std::string* const g_made_before_main = MadeBeforeMain();

// Initialization: all of it comes before main starts, and so before any goroutine of main.
TEST(MemoryModel, InitializationComesBeforeMain) {
  Often([](int) {
    auto done = MakeChan<int>();
    Go([done] {
      EXPECT_EQ(*g_made_before_main, "initialised");
      done.Send(1);
    });
    done.Recv();
  });
}

// Goroutine creation: the go statement comes before the start of the goroutine.
TEST(MemoryModel, GoComesBeforeTheGoroutine) {
  Often([](int i) {
    int value = 0;
    WaitGroup done;
    done.Add(1);
    value = i;
    Go([&] {
      EXPECT_EQ(value, i);
      done.Done();
    });
    done.Wait();
  });
}

// Channel communication: a send comes before the completion of the receive that it belongs to.
TEST(MemoryModel, ASendComesBeforeItsReceive) {
  for (const size_t capacity : {0, 1, 10}) {
    Often([capacity](int i) {
      int value = 0;
      auto chan = MakeChan<int>(capacity);
      Go([&value, chan, i] {
        value = i;
        chan.Send(0);
      });
      chan.Recv();
      EXPECT_EQ(value, i);
    });
  }
}

// Channel communication: closing comes before a receive that returns because of it.
TEST(MemoryModel, ACloseComesBeforeTheReceiveThatItEnds) {
  for (const size_t capacity : {0, 10}) {
    Often([capacity](int i) {
      int value = 0;
      auto chan = MakeChan<int>(capacity);
      Go([&value, chan, i] {
        value = i;
        chan.Close();
      });
      EXPECT_EQ(chan.Recv(), std::nullopt);
      EXPECT_EQ(value, i);
    });
  }
}

// Channel communication: a receive from an unbuffered channel comes before the completion of the
// send that it belongs to.
TEST(MemoryModel, AnUnbufferedReceiveComesBeforeTheEndOfItsSend) {
  Often([](int i) {
    int value = 0;
    auto chan = MakeChan<int>();
    Go([&value, chan, i] {
      value = i;
      chan.Recv();
    });
    chan.Send(0);
    EXPECT_EQ(value, i);
  });
}

// Channel communication: the kth receive from a channel of capacity C comes before the completion
// of the (k+C)th send. So a buffered channel is a counting semaphore.
TEST(MemoryModel, TheKthReceiveComesBeforeTheEndOfSendKPlusC) {
  muster::Run([] {
    constexpr int kCapacity = 3;
    constexpr int kSends = 600;
    auto chan = MakeChan<int>(kCapacity);
    int written[kSends] = {};  // element k belongs to the receiver until receive k
    auto done = MakeChan<int>();
    Go([&, chan, done] {
      for (int k = 0; k < kSends; ++k) {
        written[k] = k + 1;
        chan.Recv();
      }
      done.Send(1);
    });
    for (int k = 0; k < kSends; ++k) {
      chan.Send(k);
      if (k < kCapacity) continue;
      EXPECT_EQ(written[k - kCapacity], k - kCapacity + 1);
    }
    done.Recv();
  });
}

TEST(MemoryModel, ABufferedChannelLimitsConcurrency) {
  muster::Run([] {
    auto slot = MakeChan<int>(1);
    int counter = 0;  // of whoever has the slot
    WaitGroup all;
    for (int g = 0; g < 8; ++g) {
      all.Go([&counter, slot] {
        for (int i = 0; i < kRounds; ++i) {
          slot.Send(1);
          ++counter;
          slot.Recv();
        }
      });
    }
    all.Wait();
    EXPECT_EQ(counter, 8 * kRounds);
  });
}

// Locks: the nth Unlock comes before the return of any later Lock.
TEST(MemoryModel, AnUnlockComesBeforeTheNextLock) {
  muster::Run([] {
    Mutex mu;
    int counter = 0;
    WaitGroup all;
    for (int g = 0; g < 8; ++g) {
      all.Go([&] {
        for (int i = 0; i < kRounds; ++i) {
          mu.Lock();
          ++counter;
          mu.Unlock();
        }
      });
    }
    all.Wait();
    EXPECT_EQ(counter, 8 * kRounds);
  });
}

// Locks: Lock that makes another one wait: the one that unlocks goes first.
TEST(MemoryModel, AnUnlockByAnotherGoroutineComesBeforeTheLockThatWaitedForIt) {
  Often([](int i) {
    Mutex mu;
    int value = 0;
    mu.Lock();
    Go([&] {
      value = i;
      mu.Unlock();
    });
    mu.Lock();
    EXPECT_EQ(value, i);
  });
}

// Locks: a read lock comes behind the Unlock before it, and its RUnlock before the next Lock.
TEST(MemoryModel, ReadersAreOrderedAgainstWriters) {
  muster::Run([] {
    RWMutex mu;
    int value = 0;
    int copy = 0;
    WaitGroup all;
    for (int g = 0; g < 4; ++g) {
      all.Go([&] {
        for (int i = 0; i < kRounds; ++i) {
          mu.Lock();
          ++value;
          copy = value;
          mu.Unlock();
          mu.RLock();
          EXPECT_EQ(value, copy);
          mu.RUnlock();
        }
      });
    }
    all.Wait();
    EXPECT_EQ(value, 4 * kRounds);
  });
}

// Locks: a TryLock that succeeds is a Lock. One that fails orders nothing (tsan:
// mutex_try_lock_fails).
TEST(MemoryModel, ATryLockThatSucceedsIsALock) {
  Often([](int i) {
    Mutex mu;
    int value = 0;
    mu.Lock();
    Go([&] {
      value = i;
      mu.Unlock();
    });
    while (!mu.TryLock()) runtime::Gosched();
    EXPECT_EQ(value, i);
    mu.Unlock();
  });
}

// Once: the one call of f completes before any Do returns.
TEST(MemoryModel, OnceCompletesBeforeAnyDoReturns) {
  Often([](int i) {
    Once once;
    int value = 0;
    WaitGroup all;
    for (int g = 0; g < 4; ++g) {
      all.Go([&] {
        once.Do([&] { value = i; });
        EXPECT_EQ(value, i);
      });
    }
    all.Wait();
  });
}

// Atomic values: an atomic operation comes before another one that observes its effect.
TEST(MemoryModel, AnAtomicStoreComesBeforeTheLoadThatSeesIt) {
  Often([](int i) {
    std::atomic<bool> ready{false};
    int value = 0;
    WaitGroup all;
    all.Go([&] {
      value = i;
      ready.store(true);
    });
    while (!ready.load()) runtime::Gosched();
    EXPECT_EQ(value, i);
    all.Wait();
  });
}

// Additional mechanisms, WaitGroup: Done comes before the return of the Wait that it unblocks.
TEST(MemoryModel, DoneComesBeforeTheWaitThatItUnblocks) {
  Often([](int i) {
    int values[4] = {};
    WaitGroup all;
    for (int& value : values) all.Go([&value, i] { value = i; });
    all.Wait();
    for (int value : values) EXPECT_EQ(value, i);
  });
}

// Additional mechanisms, Cond: Signal and Broadcast come before the return of a Wait that they
// unblock.
TEST(MemoryModel, SignalComesBeforeTheWaitThatItUnblocks) {
  Often([](int i) {
    Mutex mu;
    Cond cond(mu);
    int value = 0;
    bool ready = false;
    Go([&] {
      mu.Lock();
      value = i;
      ready = true;
      cond.Signal();
      mu.Unlock();
    });
    mu.Lock();
    while (!ready) cond.Wait();
    EXPECT_EQ(value, i);
    mu.Unlock();
  });
}

}  // namespace
}  // namespace muster
