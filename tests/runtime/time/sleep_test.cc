#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "runtime/sched/park.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

TEST(Sleep, LastsAtLeastAsLongAsAsked) {
  muster::Run([] {
    for (int64_t us : {1, 50, 700, 3000}) {
      const int64_t begin = sched::NowNanos();
      time::Sleep(absl::Microseconds(us));
      EXPECT_GE(sched::NowNanos() - begin, us * 1000);
    }
  });
}

TEST(Sleep, ReturnsAtOnceForNothingOrLess) {
  muster::Run([] {
    time::Sleep(absl::ZeroDuration());
    time::Sleep(-absl::Hours(1));
    time::Sleep(-absl::InfiniteDuration());
  });
}

TEST(Sleep, LetsOthersRun) {
  muster::Run([] {
    std::atomic<bool> ran{false};
    Go([&] { ran = true; });
    while (!ran) time::Sleep(absl::Microseconds(10));
  });
}

TEST(Sleep, WorksOnForeignThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      const int64_t begin = sched::NowNanos();
      time::Sleep(absl::Milliseconds(2));
      EXPECT_GE(sched::NowNanos() - begin, 2'000'000);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Sleep, ShowsAsSleep) {
  muster::Run([] {
    std::atomic<uint64_t> id{0};
    std::atomic<bool> seen{false};
    WaitGroup wg;
    wg.Go([&] {
      id = runtime::GoroutineId();
      while (!seen) time::Sleep(absl::Milliseconds(5));
    });
    testing::WaitUntil([&](const record::Snapshot& snapshot) {
      for (const record::Goroutine& goroutine : snapshot.goroutines) {
        if (goroutine.id == id && testing::IsParked(goroutine, record::WaitReason::kSleep)) {
          EXPECT_EQ(goroutine.waits.size(), 1u);
          EXPECT_EQ(goroutine.waits[0].kind, record::ObjectKind::kTimer);
          return true;
        }
      }
      return false;
    });
    seen = true;
    wg.Wait();
  });
}

TEST(Sleep, TenThousandWakeOnceEach) {
  muster::Run([] {
    WaitGroup wg;
    std::atomic<int> woken{0};
    const int count = 10'000;
    for (int i = 0; i < count; ++i) {
      wg.Go([&, i] {
        time::Sleep(absl::Microseconds(i % 5000));
        ++woken;
      });
    }
    wg.Wait();
    EXPECT_EQ(woken, count);
  });
}

// More than are taken out of a heap at once, all due at about the same time.
TEST(Sleep, ThreadsAndGoroutinesOfACrowdAllWake) {
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      time::Sleep(absl::Milliseconds(3));
      ++woken;
    });
  }
  muster::Run([&] {
    WaitGroup wg;
    for (int i = 0; i < 500; ++i) {
      wg.Go([&] {
        time::Sleep(absl::Milliseconds(2));
        ++woken;
      });
    }
    wg.Wait();
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(woken, 508);
}

// Sleepers are kept apart from timers, in the same heap.
TEST(Sleep, MixesWithTimersThatAreStopped) {
  muster::Run([] {
    WaitGroup wg;
    std::atomic<int> fired{0};
    std::atomic<int> stopped{0};
    for (int i = 0; i < 300; ++i) {
      wg.Go([] { time::Sleep(absl::Microseconds(300)); });
      wg.Go([&, i] {
        time::Timer timer = time::NewTimer(absl::Microseconds(100 + i * 7919 % 500));
        time::Sleep(absl::Microseconds(i % 400));
        if (timer.Stop()) {
          ++stopped;
        } else {
          ++fired;
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(fired + stopped, 300);
  });
}

}  // namespace
}  // namespace muster
