// semaphore::Weighted, against what Go's golang.org/x/sync/semaphore says and does.
#include "muster/semaphore.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/debugging/symbolize.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/synctest.h"
#include "muster/time.h"
#include "tests/runtime/death.h"
#include "tests/runtime/sync/expect_panic.h"
#include "tests/runtime/wait_until.h"

// Reports leave the runtime's own namespace out, so this stands outside of it.
static __attribute__((noinline)) void AcquireForEver(muster::semaphore::Weighted& semaphore) {
  (void)semaphore.Acquire(muster::context::Background(), 1);
  muster::runtime::Gosched();  // so that the call above is no tail call
}

namespace muster {
namespace {

using record::Direction;
using record::ObjectKind;
using record::WaitReason;
using semaphore::Weighted;
using testing::ExpectPanic;
using testing::WaitUntilParkedOn;

const context::Context kBackground;

void Acquire(Weighted& semaphore, int64_t n) {
  EXPECT_EQ(semaphore.Acquire(kBackground, n), absl::OkStatus());
}

void WaitUntilWaiting(Weighted& semaphore, int count) {
  WaitUntilParkedOn(&semaphore, WaitReason::kSemaphoreAcquire, count);
}

TEST(Semaphore, GivesOutAsMuchAsThereIs) {
  Weighted semaphore(3);
  Acquire(semaphore, 2);
  EXPECT_FALSE(semaphore.TryAcquire(2));
  EXPECT_TRUE(semaphore.TryAcquire(1));
  EXPECT_FALSE(semaphore.TryAcquire(1));
  EXPECT_TRUE(semaphore.TryAcquire(0));
  semaphore.Release(3);
  EXPECT_TRUE(semaphore.TryAcquire(3));
}

TEST(Semaphore, AcquireWaitsForARelease) {
  muster::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    std::atomic<bool> released{false};
    WaitGroup wg;
    wg.Go([&] {
      Acquire(semaphore, 1);
      EXPECT_TRUE(released);
    });
    WaitUntilWaiting(semaphore, 1);
    released = true;
    semaphore.Release(1);
    wg.Wait();
  });
}

TEST(Semaphore, ReleaseMayComeFromAnotherGoroutine) {
  muster::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    Go([&] { semaphore.Release(1); });
    Acquire(semaphore, 1);
    EXPECT_FALSE(semaphore.TryAcquire(1));
  });
}

TEST(Semaphore, ReleaseLetsAllGoThatItMakesRoomFor) {
  muster::Run([] {
    Weighted semaphore(5);
    Acquire(semaphore, 5);
    WaitGroup wg;
    std::atomic<int> got{0};
    for (int i = 0; i < 3; ++i) {
      wg.Go([&] {
        Acquire(semaphore, 2);
        ++got;
      });
    }
    WaitUntilWaiting(semaphore, 3);
    semaphore.Release(5);
    testing::WaitUntil([&](const record::Snapshot&) { return got == 2; });
    WaitUntilWaiting(semaphore, 1);
    semaphore.Release(4);
    wg.Wait();
  });
}

TEST(SemaphoreFairness, ServesInOrderOfArrival) {
  muster::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    std::vector<int> order;
    WaitGroup wg;
    for (int i = 0; i < 4; ++i) {
      wg.Go([&, i] {
        Acquire(semaphore, 1);
        order.push_back(i);
        semaphore.Release(1);
      });
      WaitUntilWaiting(semaphore, i + 1);
    }
    semaphore.Release(1);
    wg.Wait();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
  });
}

TEST(SemaphoreFairness, ALargeRequestIsNotStarvedBySmallOnes) {
  muster::Run([] {
    Weighted semaphore(4);
    Acquire(semaphore, 2);
    std::atomic<bool> large{false}, small{false};
    WaitGroup wg;
    wg.Go([&] {
      Acquire(semaphore, 4);
      large = true;
    });
    WaitUntilWaiting(semaphore, 1);
    // There is room for one, but not for its turn.
    EXPECT_FALSE(semaphore.TryAcquire(1));
    wg.Go([&] {
      Acquire(semaphore, 1);
      small = true;
      EXPECT_TRUE(large);
    });
    WaitUntilWaiting(semaphore, 2);
    EXPECT_FALSE(large || small);
    semaphore.Release(2);
    testing::WaitUntil([&](const record::Snapshot&) { return large.load(); });
    semaphore.Release(4);
    wg.Wait();
  });
}

TEST(SemaphoreContext, EndsAWaitWithItsError) {
  muster::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    auto [ctx, cancel] = context::WithCancel(kBackground);
    WaitGroup wg;
    wg.Go([&, ctx] {
      const absl::Status status = semaphore.Acquire(ctx, 1);
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
      EXPECT_EQ(status, ctx.Err());
    });
    WaitUntilWaiting(semaphore, 1);
    cancel();
    wg.Wait();
    EXPECT_FALSE(semaphore.TryAcquire(1));
    semaphore.Release(1);
    EXPECT_TRUE(semaphore.TryAcquire(1));
  });
}

TEST(SemaphoreContext, ThatIsDoneAcquiresNothingEvenIfThereIsRoom) {
  muster::Run([] {
    Weighted semaphore(1);
    auto [ctx, cancel] = context::WithCancel(kBackground);
    cancel();
    EXPECT_EQ(semaphore.Acquire(ctx, 1).code(), absl::StatusCode::kCancelled);
    EXPECT_TRUE(semaphore.TryAcquire(1));
  });
}

TEST(SemaphoreContext, CancellingTheFirstLetsTheNextGo) {
  muster::Run([] {
    Weighted semaphore(3);
    Acquire(semaphore, 2);
    auto [ctx, cancel] = context::WithCancel(kBackground);
    WaitGroup first, next;
    first.Go([&, ctx] { EXPECT_FALSE(semaphore.Acquire(ctx, 3).ok()); });
    WaitUntilWaiting(semaphore, 1);
    next.Go([&] { Acquire(semaphore, 1); });
    WaitUntilWaiting(semaphore, 2);
    cancel();
    next.Wait();
    first.Wait();
  });
}

TEST(SemaphoreContext, CancellingOneInTheMiddleLeavesTheOrder) {
  muster::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    auto [ctx, cancel] = context::WithCancel(kBackground);
    WaitGroup cancelled, others;
    std::vector<int> order;
    const auto take = [&](int i) {
      Acquire(semaphore, 1);
      order.push_back(i);
      semaphore.Release(1);
    };
    others.Go([&] { take(1); });
    WaitUntilWaiting(semaphore, 1);
    cancelled.Go([&, ctx] { EXPECT_FALSE(semaphore.Acquire(ctx, 1).ok()); });
    WaitUntilWaiting(semaphore, 2);
    others.Go([&] { take(3); });
    WaitUntilWaiting(semaphore, 3);
    cancel();
    cancelled.Wait();
    semaphore.Release(1);
    others.Wait();
    EXPECT_EQ(order, (std::vector<int>{1, 3}));
  });
}

TEST(SemaphoreContext, EndsARequestForMoreThanThereIsWhichBlocksNobody) {
  muster::Run([] {
    Weighted semaphore(1);
    auto [ctx, cancel] = context::WithCancel(kBackground);
    WaitGroup wg;
    wg.Go([&, ctx] { EXPECT_FALSE(semaphore.Acquire(ctx, 2).ok()); });
    WaitUntilWaiting(semaphore, 1);
    Acquire(semaphore, 1);
    semaphore.Release(1);
    cancel();
    wg.Wait();
  });
}

TEST(SemaphoreContext, MayEndByItsDeadlineOnTheClockOfABubble) {
  synctest::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    auto [ctx, cancel] = context::WithTimeout(kBackground, absl::Hours(1));
    const absl::Time begin = time::Now();
    EXPECT_EQ(semaphore.Acquire(ctx, 1).code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(time::Now() - begin, absl::Hours(1));
    cancel();
  });
}

TEST(SemaphoreBubble, BelongsToTheBubbleThatMadeIt) {
  std::unique_ptr<Weighted> semaphore;
  synctest::Run([&] { semaphore = std::make_unique<Weighted>(1); });
  const auto outside = [](const std::string& what) {
    return what + " of synctest semaphore from outside bubble";
  };
  ExpectPanic(outside("acquire"), [&] { (void)semaphore->Acquire(kBackground, 1); });
  ExpectPanic(outside("acquire"), [&] { semaphore->TryAcquire(1); });
  ExpectPanic(outside("release"), [&] { semaphore->Release(1); });
}

TEST(SemaphoreMisuse, ReleaseOfMoreThanIsHeldPanicsAndChangesNothing) {
  Weighted semaphore(2);
  ExpectPanic("semaphore: released more than held", [&] { semaphore.Release(1); });
  Acquire(semaphore, 1);
  ExpectPanic("semaphore: released more than held", [&] { semaphore.Release(2); });
  EXPECT_FALSE(semaphore.TryAcquire(2));
  EXPECT_TRUE(semaphore.TryAcquire(1));
}

TEST(SemaphoreMisuse, NegativeWeightsPanic) {
  Weighted semaphore(2);
  ExpectPanic("semaphore: negative weight", [&] { (void)semaphore.Acquire(kBackground, -1); });
  ExpectPanic("semaphore: negative weight", [&] { semaphore.TryAcquire(-1); });
  ExpectPanic("semaphore: negative weight", [&] { semaphore.Release(-1); });
}

TEST(SemaphoreThreads, BlockAndWakeForeignThreads) {
  Weighted semaphore(1);
  Acquire(semaphore, 1);
  std::thread waiter([&] { Acquire(semaphore, 1); });
  WaitUntilWaiting(semaphore, 1);
  semaphore.Release(1);
  waiter.join();
}

// ---- the record

record::Object Find(const record::Snapshot& snapshot, const void* object) {
  for (const record::Object& found : snapshot.objects) {
    if (found.address == reinterpret_cast<uint64_t>(object)) return found;
  }
  return {};
}

record::Goroutine FindGoroutine(const record::Snapshot& snapshot, uint64_t id) {
  for (const record::Goroutine& found : snapshot.goroutines) {
    if (found.id == id) return found;
  }
  return {};
}

__attribute__((noinline)) void TakeTwo(Weighted& semaphore) {
  EXPECT_TRUE(semaphore.TryAcquire(2));
}

TEST(SemaphoreRecord, TellsHowMuchIsHeldWhoMadeItAndWhoTookUnitsLast) {
  muster::Run([] {
    Weighted semaphore(3);
    WaitGroup wg;
    std::atomic<uint64_t> taker{0}, waiter{0};
    wg.Go([&] {
      taker = runtime::GoroutineId();
      TakeTwo(semaphore);
    });
    wg.Wait();
    wg.Go([&] {
      waiter = runtime::GoroutineId();
      Acquire(semaphore, 2);
    });
    WaitUntilWaiting(semaphore, 1);
    const record::Snapshot snapshot = record::Capture();
    const record::Object object = Find(snapshot, &semaphore);
    EXPECT_EQ(object.kind, ObjectKind::kSemaphore);
    EXPECT_EQ(object.capacity, 3u);
    EXPECT_EQ(object.length, 2u);
    EXPECT_EQ(object.creator_id, runtime::GoroutineId());
    EXPECT_EQ(object.owner_id, 0u);
    EXPECT_EQ(object.last_holder_id, taker);
    EXPECT_GT(object.owned_since_ns, 0);
    char name[1024] = "";
    absl::Symbolize(reinterpret_cast<const void*>(object.acquired_at - 1), name, sizeof(name));
    EXPECT_NE(std::string(name).find("TakeTwo"), std::string::npos) << name;
    const record::Goroutine goroutine = FindGoroutine(snapshot, waiter);
    EXPECT_EQ(goroutine.reason, WaitReason::kSemaphoreAcquire);
    EXPECT_STREQ(record::ToString(goroutine.reason), "semaphore.Weighted.Acquire");
    ASSERT_EQ(goroutine.waits.size(), 1u);
    EXPECT_EQ(goroutine.waits[0].kind, ObjectKind::kSemaphore);
    semaphore.Release(2);
    wg.Wait();
  });
}

TEST(SemaphoreRecord, ShowsTheContextThatMayEndTheWaitToo) {
  muster::Run([] {
    Weighted semaphore(1);
    Acquire(semaphore, 1);
    auto [ctx, cancel] = context::WithCancel(kBackground);
    std::atomic<uint64_t> waiter{0};
    WaitGroup wg;
    wg.Go([&, ctx] {
      waiter = runtime::GoroutineId();
      (void)semaphore.Acquire(ctx, 1);
    });
    WaitUntilWaiting(semaphore, 1);
    const record::Snapshot snapshot = record::Capture();
    const record::Goroutine goroutine = FindGoroutine(snapshot, waiter);
    ASSERT_EQ(goroutine.waits.size(), 2u);
    EXPECT_EQ(goroutine.waits[0].kind, ObjectKind::kSemaphore);
    EXPECT_EQ(goroutine.waits[1].kind, ObjectKind::kChan);
    EXPECT_EQ(goroutine.waits[1].direction, Direction::kReceive);
    EXPECT_EQ(goroutine.waits[1].object, reinterpret_cast<uint64_t>(ctx.Done().ref().get()));
    // The context's own handle; that of the wait is left out.
    EXPECT_EQ(Find(snapshot, ctx.Done().ref().get()).references, 1u);
    cancel();
    wg.Wait();
  });
}

using SemaphoreDeath = testing::Death;

TEST_F(SemaphoreDeath, ADeadlockSaysWhoTookTheUnits) {
  EXPECT_EXIT(muster::Run([] {
                Weighted semaphore(1);
                AcquireForEver(semaphore);
                AcquireForEver(semaphore);
              }),
              ::testing::ExitedWithCode(2),
              "all goroutines are asleep - deadlock!(.|\n)*goroutine 1 waits for "
              "semaphore.Weighted 0x[0-9a-f]+ \\(made by goroutine 1\\), of which 1 of 1 are held "
              "\\(last acquired by goroutine 1 in AcquireForEver.*\\); no goroutine is left to "
              "release\n(.|\n)*goroutine 1 \\[semaphore.Weighted.Acquire\\]:\nAcquireForEver");
}

// ---- under load

// Cancelled at any moment, requests leak no units and lose no wake-ups.
TEST(SemaphoreStress, CancelledRequestsLeakNothing) {
  muster::Run([] {
    constexpr int kGoroutines = 16, kRounds = 30;
    constexpr int64_t kUnits = 5;
    Weighted semaphore(kUnits);
    std::atomic<int64_t> in_use{0};
    WaitGroup wg;
    for (int i = 0; i < kGoroutines; ++i) {
      wg.Go([&, i] {
        for (int round = 0; round < kRounds; ++round) {
          const int64_t n = 1 + (i + round) % kUnits;
          auto [ctx, cancel] = context::WithCancel(kBackground);
          Go([cancel, i, round] {
            if ((i + round) % 2 == 0) runtime::Gosched();
            cancel();
          });
          if (!semaphore.Acquire(ctx, n).ok()) continue;
          EXPECT_LE(in_use += n, kUnits);
          runtime::Gosched();
          in_use -= n;
          semaphore.Release(n);
        }
      });
    }
    wg.Wait();
    EXPECT_TRUE(semaphore.TryAcquire(kUnits));
  });
}

// The last Release lets the one go that waits for all units and destroys the semaphore.
TEST(SemaphoreStress, MayBeDestroyedByTheOneWhoWaitedForAllOfIt) {
  muster::Run([] {
    for (int round = 0; round < 200; ++round) {
      auto semaphore = std::make_unique<Weighted>(3);
      for (int i = 0; i < 3; ++i) {
        Acquire(*semaphore, 1);
        Go([&semaphore = *semaphore] { semaphore.Release(1); });
      }
      Acquire(*semaphore, 3);
    }
  });
}

TEST(SemaphoreStress, GoroutinesAndThreadsShareIt) {
  Weighted semaphore(2);
  std::atomic<int> in_use{0};
  const auto work = [&] {
    for (int i = 0; i < 100; ++i) {
      Acquire(semaphore, 1);
      EXPECT_LE(++in_use, 2);
      --in_use;
      semaphore.Release(1);
    }
  };
  std::thread thread(work);
  muster::Run([&] {
    WaitGroup wg;
    for (int i = 0; i < 8; ++i) wg.Go(work);
    wg.Wait();
  });
  thread.join();
  EXPECT_TRUE(semaphore.TryAcquire(2));
}

}  // namespace
}  // namespace muster
