// GOMAXPROCS at run time: what it says, what it limits, and that nothing is lost on the way.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "muster/blocking.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"

namespace muster {
namespace {

class Procs : public ::testing::Test {
 protected:
  ~Procs() override { runtime::GOMAXPROCS(before_); }
  const int before_ = runtime::GOMAXPROCS(0);
};

TEST_F(Procs, AreSetAndThePreviousNumberIsReturned) {
  runtime::GOMAXPROCS(3);
  EXPECT_EQ(runtime::GOMAXPROCS(5), 3);
  EXPECT_EQ(runtime::GOMAXPROCS(1), 5);
  EXPECT_EQ(record::Capture().procs, 1);
}

TEST_F(Procs, AreOnlyAskedForByLessThanOne) {
  runtime::GOMAXPROCS(3);
  EXPECT_EQ(runtime::GOMAXPROCS(0), 3);
  EXPECT_EQ(runtime::GOMAXPROCS(-1), 3);
  EXPECT_EQ(runtime::GOMAXPROCS(), 3);
}

TEST_F(Procs, AreNoMoreThanThereIsRoomFor) {
  runtime::GOMAXPROCS(1'000'000);
  EXPECT_EQ(runtime::GOMAXPROCS(0), 256);
}

// How many goroutines were seen to run at the same time, of some that compute for a while.
int MostAtATime(int goroutines) {
  std::atomic<int> running{0}, most{0};
  WaitGroup ended;
  for (int i = 0; i < goroutines; ++i) {
    ended.Go([&] {
      const int now = ++running;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      for (int spin = 0; spin < 20'000; ++spin) std::atomic_signal_fence(std::memory_order_seq_cst);
      --running;
    });
  }
  ended.Wait();
  return most;
}

TEST_F(Procs, LimitHowManyGoroutinesRunAtATime) {
  muster::Run([] {
    runtime::GOMAXPROCS(4);
    while (MostAtATime(64) < 2) {
    }
    runtime::GOMAXPROCS(1);
    // Others may have been about to run one by then, which comes to its end first.
    for (int in_a_row = 0; in_a_row < 20;) in_a_row = MostAtATime(64) == 1 ? in_a_row + 1 : 0;
  });
}

TEST_F(Procs, LetMoreRunAsSoonAsThereAreMore) {
  muster::Run([] {
    runtime::GOMAXPROCS(1);
    std::atomic<bool> other_ran{false};
    Go([&] { other_ran = true; });
    runtime::GOMAXPROCS(2);
    while (!other_ran.load()) {  // the caller gives way to nobody
    }
  });
}

TEST_F(Procs, LeaveWhatWaitsInTheQueuesOfTheGoneToTheOthers) {
  muster::Run([] {
    for (int round = 0; round < 50; ++round) {
      runtime::GOMAXPROCS(8);
      WaitGroup ended;
      std::atomic<int> ran{0};
      for (int i = 0; i < 8; ++i) {
        ended.Go([&] {
          for (int k = 0; k < 100; ++k) ended.Go([&] { ++ran; });
        });
      }
      runtime::GOMAXPROCS(1);
      ended.Wait();
      ASSERT_EQ(ran, 800);
    }
  });
}

TEST_F(Procs, LeaveTheTimersOfTheGoneToTheOthers) {
  muster::Run([] {
    runtime::GOMAXPROCS(8);
    WaitGroup slept, asleep;
    asleep.Add(400);
    for (int i = 0; i < 400; ++i) {
      slept.Go([&, i] {
        time::Timer stopped = time::NewTimer(absl::Hours(1));
        time::Timer timer = time::NewTimer(absl::Milliseconds(20 + i % 10));
        asleep.Done();
        timer.C().Recv();
        EXPECT_TRUE(stopped.Stop());  // wherever it is by now
        time::Sleep(absl::Milliseconds(1));
      });
    }
    asleep.Wait();
    runtime::GOMAXPROCS(1);
    slept.Wait();
  });
}

TEST_F(Procs, OfRegionsThatBlockAreGivenUpToo) {
  muster::Run([] {
    runtime::GOMAXPROCS(4);
    std::atomic<int> inside{0};
    std::atomic<bool> end{false};
    WaitGroup ended;
    for (int i = 0; i < 3; ++i) {
      ended.Go([&] {
        Blocking([&] {
          ++inside;
          while (!end.load()) std::this_thread::yield();
        });
      });
    }
    while (inside.load() < 3) runtime::Gosched();
    runtime::GOMAXPROCS(1);
    while (MostAtATime(16) > 1) {  // the one is the caller's
    }
    end = true;
    ended.Wait();
  });
}

TEST_F(Procs, KeepGoroutinesRunningThatAreLockedToTheirThreads) {
  muster::Run([] {
    runtime::GOMAXPROCS(4);
    auto ping = MakeChan<int>();
    auto pong = MakeChan<int>();
    Go([=] {
      runtime::LockOSThread();
      for (const int value : ping) pong.Send(value + 1);
      pong.Close();
    });
    for (int i = 0; i < 200; ++i) {
      runtime::GOMAXPROCS(1 + i % 4);
      ping.Send(i);
      ASSERT_EQ(pong.Recv(), i + 1);
    }
    ping.Close();
    EXPECT_EQ(pong.Recv(), std::nullopt);
  });
}

TEST_F(Procs, AreSetByThreadsOutsideTheRuntimeToo) {
  std::thread thread([] { runtime::GOMAXPROCS(7); });
  thread.join();
  EXPECT_EQ(runtime::GOMAXPROCS(0), 7);
}

// Channels, a lock, sleeps, timers and blocking regions go on while the number of Ps changes at
// random; every value arrives, and all come to their end.
TEST_F(Procs, ChangeAtRandomWhileWorkGoesOn) {
  muster::Run([] {
    constexpr int kPairs = 6, kValues = 4000;
    std::atomic<int> working{0};
    Mutex mutex;
    int64_t sum = 0;  // guarded by mutex
    WaitGroup ended;
    for (int pair = 0; pair < kPairs; ++pair) {
      auto values = MakeChan<int>(pair % 3);
      working += 2;
      ended.Go([&, values] {
        for (int i = 1; i <= kValues; ++i) {
          if (i % 50 == 0) time::Sleep(absl::Microseconds(100));
          if (i % 70 == 0) Blocking([] { std::this_thread::yield(); });
          values.Send(i);
        }
        values.Close();
        --working;
      });
      ended.Go([&, values] {
        const time::Ticker ticker = time::NewTicker(absl::Microseconds(500));
        for (bool open = true; open;) {
          Select(OnRecv(values,
                        [&](std::optional<int> value) {
                          open = value.has_value();
                          const std::scoped_lock lock(mutex);
                          sum += value.value_or(0);
                        }),
                 OnRecv(ticker.C(), [](std::optional<absl::Time>) {}));
        }
        --working;
      });
    }
    std::mt19937 random(42);
    while (working.load() > 0) {
      runtime::GOMAXPROCS(static_cast<int>(1 + random() % 8));
      if (random() % 4 == 0) {
        time::Sleep(absl::Microseconds(50));
      } else {
        runtime::Gosched();
      }
    }
    ended.Wait();
    EXPECT_EQ(sum, int64_t{kPairs} * kValues * (kValues + 1) / 2);
  });
}

}  // namespace
}  // namespace muster
