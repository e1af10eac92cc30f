// Signals on channels.
#include "muster/signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "muster/muster.h"
#include "tests/runtime/death.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

namespace signal = os::signal;
using SignalDeath = testing::Death;

bool IsDefault(int number) {
  struct sigaction action {};
  sigaction(number, nullptr, &action);
  return action.sa_handler == SIG_DFL;
}

TEST(SignalNotify, SendsToEveryChannelThatAskedForIt) {
  muster::Run([] {
    auto one = MakeChan<int>(1), two = MakeChan<int>(1), other = MakeChan<int>(1);
    signal::Notify(one, {SIGUSR1});
    signal::Notify(two, {SIGUSR1, SIGUSR2});
    signal::Notify(other, {SIGHUP});
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(one.Recv(), SIGUSR1);
    EXPECT_EQ(two.Recv(), SIGUSR1);
    EXPECT_EQ(other.Len(), 0);
    for (const auto& chan : {one, two, other}) signal::Stop(chan);
  });
}

TEST(SignalNotify, WakesAGoroutineThatWaitsWhileAllElseSleeps) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    signal::Notify(chan, {SIGALRM});
    ualarm(20'000, 0);
    EXPECT_EQ(chan.Recv(), SIGALRM);
    signal::Stop(chan);
  });
}

// The goroutine that relays signals is Muster's own.
TEST(SignalNotify, LeavesNoGoroutineThatACaptureMisses) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    signal::Notify(chan, {SIGUSR1});
    raise(SIGUSR1);
    chan.Recv();  // so it runs
    testing::WaitUntil([](const record::Snapshot& snapshot) {
      EXPECT_EQ(snapshot.captured, 1u);
      return snapshot.live == 1u;
    });
    signal::Stop(chan);
  });
}

TEST(SignalNotify, OfANilChannelPanics) {
  EXPECT_THROW(signal::Notify(Chan<int>(), {SIGUSR1}), Panic);
}

TEST(SignalStop, SendsWhatCameBeforeAndRestoresTheHandler) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    ASSERT_TRUE(IsDefault(SIGUSR1));
    signal::Notify(chan, {SIGUSR1});
    EXPECT_FALSE(IsDefault(SIGUSR1));
    raise(SIGUSR1);
    signal::Stop(chan);
    EXPECT_EQ(chan.Len(), 1);
    EXPECT_TRUE(IsDefault(SIGUSR1));
  });
}

TEST(SignalIgnore, KeepsASignalFromChannelsAndFromTheProcess) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    signal::Notify(chan, {SIGUSR1});
    signal::Ignore({SIGUSR1});
    EXPECT_TRUE(signal::Ignored(SIGUSR1));
    raise(SIGUSR1);  // would end the process
    EXPECT_EQ(chan.Len(), 0);
    signal::Reset({SIGUSR1});
    EXPECT_FALSE(signal::Ignored(SIGUSR1));
    EXPECT_TRUE(IsDefault(SIGUSR1));
  });
}

TEST(SignalNotifyContext, IsCancelledByTheSignal) {
  muster::Run([] {
    auto [ctx, stop] = signal::NotifyContext(context::Background(), {SIGUSR2});
    EXPECT_TRUE(ctx.Err().ok());
    raise(SIGUSR2);
    ctx.Done().Recv();
    EXPECT_EQ(ctx.Err().code(), absl::StatusCode::kCancelled);
    stop();
  });
}

TEST_F(SignalDeath, AfterStopADeadlockIsSeenAgain) {
  EXPECT_EXIT(muster::Run([] {
                auto chan = MakeChan<int>(1);
                signal::Notify(chan, {SIGUSR1});
                signal::Stop(chan);
                chan.Recv();
              }),
              ::testing::ExitedWithCode(2), "all goroutines are asleep");
}

}  // namespace
}  // namespace muster
