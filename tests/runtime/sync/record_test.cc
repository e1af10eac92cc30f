// What a capture and the observers tell of the sync primitives.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>

#include "absl/debugging/symbolize.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/hooks.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::Direction;
using record::ObjectKind;
using record::WaitReason;
using testing::WaitUntilParkedOn;

uint64_t Address(const void* object) { return reinterpret_cast<uint64_t>(object); }

// The object as the capture shows it; all zero when it does not.
record::Object Find(const record::Snapshot& snapshot, const void* object) {
  for (const record::Object& found : snapshot.objects) {
    if (found.address == Address(object)) return found;
  }
  return {};
}

record::Goroutine FindGoroutine(const record::Snapshot& snapshot, uint64_t id) {
  for (const record::Goroutine& found : snapshot.goroutines) {
    if (found.id == id) return found;
  }
  return {};
}

std::string FunctionAt(uint64_t return_address) {
  char name[1024] = "";
  absl::Symbolize(reinterpret_cast<const void*>(return_address - 1), name, sizeof(name));
  return name;
}

// Holds a lock, taken by `lock`, while `during` looks at captures; a second goroutine waits for it
// by `wait`, so that the object is part of them.
template <typename Holder, typename Waiter, typename During>
void WhileHeld(Holder hold, Waiter wait, const void* object, WaitReason reason, During during) {
  muster::Run([&] {
    WaitGroup wg;
    auto held = MakeChan<uint64_t>();
    auto let_go = MakeChan<int>();
    wg.Go([&] {
      hold([&] {
        held.Send(runtime::GoroutineId());
        let_go.Recv();
      });
    });
    const uint64_t holder = *held.Recv();
    wg.Go([&] { wait(); });
    WaitUntilParkedOn(object, reason);
    during(record::Capture(), holder);
    let_go.Send(1);
    wg.Wait();
  });
}

template <typename F>
[[gnu::noinline]] void HoldByLock(Mutex& mu, F during) {
  mu.Lock();
  during();
  mu.Unlock();
}

template <typename F>
[[gnu::noinline]] void HoldByScopedLock(Mutex& mu, F during) {
  const std::scoped_lock hold(mu);
  during();
}

template <typename F>
[[gnu::noinline]] void HoldByScopedLockOfTwo(Mutex& mu, F during) {
  Mutex other;
  const std::scoped_lock hold(other, mu);
  during();
}

template <typename F>
[[gnu::noinline]] void HoldByReadLock(RWMutex& mu, F during) {
  mu.RLock();
  during();
  mu.RUnlock();
}

template <typename F>
[[gnu::noinline]] void HoldByWriteLock(RWMutex& mu, F during) {
  mu.Lock();
  during();
  mu.Unlock();
}

void ExpectMutexRecord(const record::Snapshot& snapshot, const Mutex& mu, uint64_t holder,
                       const std::string& function) {
  const record::Object object = Find(snapshot, &mu);
  EXPECT_EQ(object.kind, ObjectKind::kMutex);
  EXPECT_EQ(object.owner_id, holder);
  EXPECT_GT(object.owned_since_ns, 0);
  EXPECT_LE(object.owned_since_ns, snapshot.monotonic_ns);
  EXPECT_NE(FunctionAt(object.acquired_at).find(function), std::string::npos)
      << FunctionAt(object.acquired_at);
}

TEST(MutexRecord, ShowsWhoTookItWhereAndWhoWaits) {
  Mutex mu;
  std::atomic<uint64_t> waiter{0};
  WhileHeld([&](auto during) { HoldByLock(mu, during); },
            [&] {
              waiter = runtime::GoroutineId();
              mu.Lock();
              mu.Unlock();
            },
            &mu, WaitReason::kMutexLock,
            [&](const record::Snapshot& snapshot, uint64_t holder) {
              ExpectMutexRecord(snapshot, mu, holder, "HoldByLock");
              const record::Goroutine goroutine = FindGoroutine(snapshot, waiter);
              EXPECT_EQ(goroutine.reason, WaitReason::kMutexLock);
              ASSERT_EQ(goroutine.waits.size(), 1u);
              EXPECT_EQ(goroutine.waits[0].object, Address(&mu));
              EXPECT_EQ(goroutine.waits[0].kind, ObjectKind::kMutex);
              EXPECT_GT(goroutine.wait_since_ns, 0);
            });
}

TEST(MutexRecord, ShowsThePlaceOfAScopedLock) {
  Mutex mu;
  WhileHeld([&](auto during) { HoldByScopedLock(mu, during); },
            [&] { const std::scoped_lock hold(mu); }, &mu, WaitReason::kMutexLock,
            [&](const record::Snapshot& snapshot, uint64_t holder) {
              ExpectMutexRecord(snapshot, mu, holder, "HoldByScopedLock");
            });
}

// std::lock is not always inlined; then the call that took the lock is in there.
TEST(MutexRecord, ShowsThePlaceOfAScopedLockOfTwoOrOfStdLock) {
  Mutex mu;
  WhileHeld([&](auto during) { HoldByScopedLockOfTwo(mu, during); },
            [&] { const std::scoped_lock hold(mu); }, &mu, WaitReason::kMutexLock,
            [&](const record::Snapshot& snapshot, uint64_t holder) {
              const record::Object object = Find(snapshot, &mu);
              EXPECT_EQ(object.owner_id, holder);
              const std::string function = FunctionAt(object.acquired_at);
              EXPECT_TRUE(function.find("HoldByScopedLockOfTwo") != std::string::npos ||
                          function.starts_with("std::"))
                  << function;
            });
}

TEST(MutexRecord, FollowsTheLockToItsNextHolder) {
  muster::Run([] {
    Mutex mu;
    WaitGroup wg;
    auto next = MakeChan<uint64_t>();
    auto let_go = MakeChan<int>();
    mu.Lock();
    wg.Go([&] {
      mu.Lock();
      next.Send(runtime::GoroutineId());
      let_go.Recv();
      mu.Unlock();
    });
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    mu.Unlock();
    const uint64_t holder = *next.Recv();
    wg.Go([&] {
      mu.Lock();
      mu.Unlock();
    });
    WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    EXPECT_EQ(Find(record::Capture(), &mu).owner_id, holder);
    let_go.Send(1);
    wg.Wait();
  });
}

TEST(RWMutexRecord, ShowsReadersByTheirHeldLocksAndTheWriterThatWaits) {
  RWMutex mu;
  std::atomic<uint64_t> writer{0};
  WhileHeld([&](auto during) { HoldByReadLock(mu, during); },
            [&] {
              writer = runtime::GoroutineId();
              mu.Lock();
              mu.Unlock();
            },
            &mu, WaitReason::kRWMutexLock,
            [&](const record::Snapshot& snapshot, uint64_t holder) {
              const record::Object object = Find(snapshot, &mu);
              EXPECT_EQ(object.kind, ObjectKind::kRWMutex);
              EXPECT_EQ(object.owner_id, 0u);
              EXPECT_EQ(object.readers, 1);
              EXPECT_TRUE(object.writer_waiting);
              const record::Goroutine reader = FindGoroutine(snapshot, holder);
              ASSERT_EQ(reader.held.size(), 1u);
              EXPECT_EQ(reader.held[0].object, Address(&mu));
              EXPECT_NE(FunctionAt(reader.held[0].acquired_at).find("HoldByReadLock"),
                        std::string::npos);
              const record::Goroutine waiting = FindGoroutine(snapshot, writer);
              ASSERT_EQ(waiting.waits.size(), 1u);
              EXPECT_EQ(waiting.waits[0].direction, Direction::kWrite);
            });
}

TEST(RWMutexRecord, ShowsTheWriterAndWhoWaitsToRead) {
  RWMutex mu;
  std::atomic<uint64_t> waiter{0};
  WhileHeld([&](auto during) { HoldByWriteLock(mu, during); },
            [&] {
              waiter = runtime::GoroutineId();
              mu.RLock();
              mu.RUnlock();
            },
            &mu, WaitReason::kRWMutexRLock,
            [&](const record::Snapshot& snapshot, uint64_t holder) {
              const record::Object object = Find(snapshot, &mu);
              EXPECT_EQ(object.owner_id, holder);
              EXPECT_EQ(object.readers, 0);
              EXPECT_FALSE(object.writer_waiting);
              EXPECT_NE(FunctionAt(object.acquired_at).find("HoldByWriteLock"), std::string::npos);
              const record::Goroutine waiting = FindGoroutine(snapshot, waiter);
              ASSERT_EQ(waiting.waits.size(), 1u);
              EXPECT_EQ(waiting.waits[0].direction, Direction::kRead);
            });
}

TEST(RWMutexRecord, ForgetsAReadLockThatWasReleased) {
  muster::Run([] {
    RWMutex mu;
    mu.RLock();
    mu.RUnlock();
    const record::Snapshot snapshot = record::Capture();
    EXPECT_TRUE(FindGoroutine(snapshot, runtime::GoroutineId()).held.empty());
  });
}

TEST(WaitGroupRecord, ShowsTheCounter) {
  muster::Run([] {
    WaitGroup wg, waiter;
    wg.Add(3);
    waiter.Go([&] { wg.Wait(); });
    WaitUntilParkedOn(&wg, WaitReason::kWaitGroupWait);
    const record::Object object = Find(record::Capture(), &wg);
    EXPECT_EQ(object.kind, ObjectKind::kWaitGroup);
    EXPECT_EQ(object.counter, 3);
    wg.Add(-3);
    waiter.Wait();
  });
}

TEST(CondRecord, ShowsTheCondNotItsLock) {
  muster::Run([] {
    Mutex mu;
    Cond cond(mu);
    WaitGroup wg;
    std::atomic<uint64_t> waiter{0};
    wg.Go([&] {
      waiter = runtime::GoroutineId();
      mu.Lock();
      cond.Wait();
      mu.Unlock();
    });
    WaitUntilParkedOn(&cond, WaitReason::kCondWait);
    const record::Goroutine goroutine = FindGoroutine(record::Capture(), waiter);
    ASSERT_EQ(goroutine.waits.size(), 1u);
    EXPECT_EQ(goroutine.waits[0].object, Address(&cond));
    EXPECT_EQ(goroutine.waits[0].kind, ObjectKind::kCond);
    cond.Signal();
    wg.Wait();
  });
}

std::atomic<const void*> g_watched{nullptr};
std::atomic<int> g_locks{0}, g_unlocks{0}, g_reads{0};

TEST(LockHooks, TellOfEachLockAndUnlock) {
  static const hooks::Observers observers = {
      .on_lock =
          [](uint64_t, const void* lock, Direction direction) {
            if (lock != g_watched) return;
            ++g_locks;
            if (direction == Direction::kRead) ++g_reads;
          },
      .on_unlock =
          [](uint64_t, const void* lock, Direction) {
            if (lock == g_watched) ++g_unlocks;
          },
  };
  g_locks = g_unlocks = g_reads = 0;
  RWMutex rw;
  Mutex mu;
  const hooks::Observers* before = hooks::Install(&observers);
  g_watched = &rw;
  rw.Lock();
  rw.Unlock();
  rw.RLock();
  rw.RUnlock();
  EXPECT_EQ(g_locks, 2);
  EXPECT_EQ(g_unlocks, 2);
  EXPECT_EQ(g_reads, 1);
  g_watched = &mu;
  mu.Lock();
  EXPECT_FALSE(mu.TryLock());
  mu.Unlock();
  hooks::Install(before);
  EXPECT_EQ(g_locks, 3);
  EXPECT_EQ(g_unlocks, 3);
}

}  // namespace
}  // namespace muster
