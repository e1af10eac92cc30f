// How a process ends: in Go's words, on standard error, with status 2.
#include <gtest/gtest.h>

#include <thread>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/hooks.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using ::testing::ExitedWithCode;

// Threads exist by then, so each death test runs in a process of its own.
class Fatal : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(Fatal, AllAsleepNamesEveryGoroutineAndWhatItWaitsFor) {
  EXPECT_EXIT(muster::Run([] {
                auto never = MakeChan<int>();
                Mutex mu;
                mu.Lock();
                Go([&] { mu.Lock(); });
                never.Recv();
              }),
              ExitedWithCode(2),
              "fatal error: all goroutines are asleep - deadlock!(.|\n)*waits to receive from "
              "chan(.|\n)*waits for sync.Mutex 0x[0-9a-f]+, which goroutine 1 holds(.|\n)*"
              "goroutine 1 \\[chan receive\\]:(.|\n)*created by(.|\n)*"
              "goroutine [0-9]+ \\[sync.Mutex.Lock\\]:(.|\n)*created by");
}

TEST_F(Fatal, AllAsleepIsSeenAfterWorkToo) {
  EXPECT_EXIT(muster::Run([] {
                auto chan = MakeChan<int>();
                Go([chan] {
                  for (int i = 0; i < 1000; ++i) chan.Send(i);
                });
                for (int value : chan) static_cast<void>(value);  // never closed
              }),
              ExitedWithCode(2), "all goroutines are asleep");
}

TEST_F(Fatal, AnIdleTickerDoesNotHideADeadlock) {
  EXPECT_EXIT(muster::Run([] {
                auto ticker = time::NewTicker(absl::Milliseconds(1));
                MakeChan<int>().Recv();
              }),
              ExitedWithCode(2), "all goroutines are asleep");
}

TEST_F(Fatal, BlockedThreadsAreAsleepToo) {
  EXPECT_EXIT(
      {
        auto chan = MakeChan<int>();
        std::thread blocked([chan] { chan.Recv(); });
        muster::Run([chan] { chan.Recv(); });
        blocked.join();
      },
      ExitedWithCode(2), "all goroutines are asleep");
}

TEST_F(Fatal, AnObserverThatBlocksIsNamed) {
  static const hooks::Observers observers = {
      .on_create = [](uint64_t, uint64_t) { MakeChan<int>().Recv(); }};
  EXPECT_EXIT(
      {
        hooks::Install(&observers);
        muster::Run([] {});
      },
      ExitedWithCode(2),
      "fatal error: an observer \\(muster/hooks.h\\) has called something that blocks");
}

// Negative controls: nothing here is a deadlock.
TEST(NoDeadlock, WhileASleeperWillWakeSomebody) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Go([chan] {
      time::Sleep(absl::Milliseconds(120));  // many looks of the monitor
      chan.Send(1);
    });
    EXPECT_EQ(chan.Recv(), 1);
  });
}

TEST(NoDeadlock, WhileAForeignThreadMaySend) {
  auto chan = MakeChan<int>();
  std::thread sender([chan] {
    testing::WaitUntilParkedOn(chan.ref().get(), record::WaitReason::kChanReceive);
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    chan.Send(1);
  });
  muster::Run([&] { EXPECT_EQ(chan.Recv(), 1); });
  sender.join();
}

TEST(NoDeadlock, WhileATimerFunctionIsDue) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    time::AfterFunc(absl::Milliseconds(120), [chan] { chan.Send(1); });
    EXPECT_EQ(chan.Recv(), 1);
  });
}

}  // namespace
}  // namespace muster
