// SIGQUIT: the goroutines of a live process on its standard error, and its end.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "tests/runtime/death.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

class QuitDeath : public testing::Death {
 protected:
  void SetUp() override {
    Death::SetUp();
    signal(SIGQUIT, SIG_DFL);  // whoever runs the tests in the background has it ignored
  }
};

TEST_F(QuitDeath, PrintsAllGoroutinesWithWhatTheyWaitForAndWhoCreatedThem) {
  EXPECT_EXIT(muster::Run([] {
                auto never = MakeChan<int>();
                Mutex held;
                held.Lock();
                Go([never] { never.Recv(); });
                Go([&held] { held.Lock(); });
                testing::WaitUntilParkedOn(never.ref().get(), record::WaitReason::kChanReceive);
                testing::WaitUntilParkedOn(&held, record::WaitReason::kMutexLock);
                kill(getpid(), SIGQUIT);
                for (;;) runtime::Gosched();
              }),
              ExitedWithCode(2),
              "^SIGQUIT: quit\nPC=0x[0-9a-f]+ m=-?[0-9]+ sigcode=0\n\n"
              "goroutine 1 \\[run(ning|nable)\\]:\n(.|\n)*"
              "\n\ngoroutine [0-9]+ \\[chan receive\\]:\n(.|\n)*created by (.|\n)*in goroutine 1\n"
              "(.|\n)*goroutine [0-9]+ \\[sync.Mutex.Lock\\]:\n(.|\n)*created by ");
}

TEST_F(QuitDeath, SaysWhoHoldsWhatOthersWaitFor) {
  EXPECT_EXIT(muster::Run([] {
                Mutex held;
                held.Lock();
                Go([&held] { held.Lock(); });
                testing::WaitUntilParkedOn(&held, record::WaitReason::kMutexLock);
                kill(getpid(), SIGQUIT);
                for (;;) runtime::Gosched();
              }),
              ExitedWithCode(2),
              "\ngoroutine [0-9]+ waits for sync.Mutex 0x[0-9a-f]+, which goroutine 1 holds "
              "\\(taken in ");
}

TEST_F(QuitDeath, ReachesAProcessWhoseGoroutinesAllSleep) {
  EXPECT_EXIT(
      {
        std::thread sender([] {
          testing::WaitUntilCountParked(1, record::WaitReason::kSelectNoCases);
          kill(getpid(), SIGQUIT);
          for (;;) pause();
        });
        muster::Run([] { Select(); });
        sender.join();
      },
      ExitedWithCode(2), "SIGQUIT: quit\n(.|\n)*goroutine 1 \\[select \\(no cases\\)\\]:\n");
}

TEST_F(QuitDeath, ReachesAProcessWhoseGoroutinesNeverYield) {
  EXPECT_EXIT(muster::Run([] {
                Go([] {
                  for (;;) asm volatile("");
                });
                kill(getpid(), SIGQUIT);
                for (;;) asm volatile("");
              }),
              ExitedWithCode(2), "SIGQUIT: quit\n(.|\n)*goroutine 1 \\[running\\]:\n");
}

TEST_F(QuitDeath, IsLeftToTheProgramsOwnHandler) {
  EXPECT_EXIT(
      {
        signal(SIGQUIT, [](int) { _exit(5); });
        muster::Run([] { kill(getpid(), SIGQUIT); });
        for (;;) pause();
      },
      ExitedWithCode(5), "^$");
}

TEST_F(QuitDeath, IsLeftToAHandlerThatComesLater) {
  EXPECT_EXIT(
      {
        muster::Run([] {});
        signal(SIGQUIT, [](int) { _exit(5); });
        kill(getpid(), SIGQUIT);
        for (;;) pause();
      },
      ExitedWithCode(5), "^$");
}

TEST_F(QuitDeath, StaysIgnoredWhereItWas) {
  EXPECT_EXIT(
      {
        signal(SIGQUIT, SIG_IGN);
        muster::Run([] { raise(SIGQUIT); });
        std::fprintf(stderr, "alive\n");
        _exit(0);
      },
      ExitedWithCode(0), "alive");
}

TEST_F(QuitDeath, CrashLeavesACore) {
  setenv("MUSTER_TRACEBACK", "crash", 1);
  EXPECT_EXIT(muster::Run([] {
                kill(getpid(), SIGQUIT);
                for (;;) runtime::Gosched();
              }),
              KilledBySignal(SIGABRT), "SIGQUIT: quit");
  unsetenv("MUSTER_TRACEBACK");
}

}  // namespace
}  // namespace muster
