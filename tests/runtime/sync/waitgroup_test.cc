#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

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

TEST(WaitGroup, WaitReturnsAtOnceAtZero) {
  WaitGroup wg;
  wg.Wait();
  wg.Add(2);
  wg.Add(-2);
  wg.Wait();
}

TEST(WaitGroup, WaitWaitsForTheLastDone) {
  muster::Run([] {
    WaitGroup wg;
    std::atomic<int> done{0};
    wg.Add(10);
    for (int i = 0; i < 10; ++i) {
      Go([&] {
        ++done;
        wg.Done();
      });
    }
    wg.Wait();
    EXPECT_EQ(done, 10);
  });
}

TEST(WaitGroup, LetsAllWaitersGo) {
  muster::Run([] {
    WaitGroup work, waiters;
    work.Add(1);
    for (int i = 0; i < 5; ++i) waiters.Go([&] { work.Wait(); });
    WaitUntilParkedOn(&work, WaitReason::kWaitGroupWait, 5);
    work.Done();
    waiters.Wait();
  });
}

TEST(WaitGroup, MayBeUsedAgainOnceWaitHasReturned) {
  muster::Run([] {
    WaitGroup wg;
    int count = 0;
    for (int round = 0; round < 50; ++round) {
      wg.Go([&] { ++count; });
      wg.Wait();
    }
    EXPECT_EQ(count, 50);
  });
}

TEST(WaitGroup, NegativeCounterPanics) {
  WaitGroup wg;
  ExpectPanic("sync: negative WaitGroup counter", [&] { wg.Done(); });

  WaitGroup two;
  two.Add(2);
  ExpectPanic("sync: negative WaitGroup counter", [&] { two.Add(-3); });
}

// Whether the waiter runs before the Add is the scheduler's choice, so try until it does not.
TEST(WaitGroup, AddBeforeWaitHasReturnedPanics) {
  muster::Run([] {
    for (bool seen = false; !seen;) {
      WaitGroup wg;
      auto what = MakeChan<std::string>(1);
      wg.Add(1);
      Go([&] {
        try {
          wg.Wait();
          what.Send("");
        } catch (const Panic& panic) {
          what.Send(panic.what());
        }
      });
      WaitUntilParkedOn(&wg, WaitReason::kWaitGroupWait);
      wg.Add(-1);
      wg.Add(1);
      const std::string text = *what.Recv();
      seen = !text.empty();
      if (seen) {
        EXPECT_TRUE(text.starts_with("sync: WaitGroup is reused before previous Wait has returned"))
            << text;
      }
    }
  });
}

TEST(WaitGroupGo, CountsUntilTheFunctionEnds) {
  muster::Run([] {
    WaitGroup wg;
    std::atomic<int> ended{0};
    for (int i = 0; i < 20; ++i) {
      wg.Go([&, owned = std::make_unique<int>(i)] {
        runtime::Gosched();
        ++ended;
      });
    }
    wg.Wait();
    EXPECT_EQ(ended, 20);
  });
}

TEST(WaitGroupGo, IsDoneByGoexitToo) {
  muster::Run([] {
    WaitGroup wg;
    wg.Go([] { runtime::Goexit(); });
    wg.Wait();
  });
}

TEST(WaitGroup, ThreadsWaitForGoroutines) {
  WaitGroup wg;
  std::atomic<int> ended{0};
  for (int i = 0; i < 10; ++i) wg.Go([&] { ++ended; });
  wg.Wait();
  EXPECT_EQ(ended, 10);
}

TEST(WaitGroup, GoroutinesWaitForThreads) {
  WaitGroup wg;
  wg.Add(1);
  std::thread thread([&] {
    WaitUntilParkedOn(&wg, WaitReason::kWaitGroupWait);
    wg.Done();
  });
  muster::Run([&] { wg.Wait(); });
  thread.join();
}

// The group lives in the frame of the one that waits: nobody may touch it once Wait has returned.
TEST(WaitGroupLifetime, MayBeDestroyedWhenWaitReturns) {
  muster::Run([] {
    for (int round = 0; round < 500; ++round) {
      auto wg = std::make_unique<WaitGroup>();
      wg->Add(3);
      for (int i = 0; i < 3; ++i) Go([raw = wg.get()] { raw->Done(); });
      wg->Wait();
    }
  });
}

}  // namespace
}  // namespace muster
