#include <vector>

#include "muster/muster.h"
#include "tests/runtime/stress/scenes.h"

namespace stress {

namespace context = muster::context;

void TimersFireOrStop(Random& random, Verdict& verdict) {
  // Each function runs, or its Stop says that it will not.
  std::atomic<int> ran{0};
  int stopped = 0;
  muster::WaitGroup runs;
  std::vector<muster::time::Timer> timers;
  constexpr int kTimers = 4;
  for (int i = 0; i < kTimers; ++i) {
    runs.Add(1);
    timers.push_back(muster::time::AfterFunc(absl::Microseconds(random.Below(100)), [&] {
      ++ran;
      runs.Done();
    }));
  }
  for (int i = random.Below(8); i > 0; --i) muster::runtime::Gosched();
  for (muster::time::Timer& timer : timers) {
    if (!timer.Stop()) continue;
    ++stopped;
    runs.Done();
  }
  runs.Wait();
  verdict.Equal(ran.load() + stopped, kTimers, "timers that ran or were stopped");

  // Nothing can be received from a channel timer after a Stop that succeeded.
  muster::time::Timer timer = muster::time::NewTimer(absl::Microseconds(random.Below(50)));
  std::optional<absl::Time> tick;
  if (timer.Stop()) {
    verdict.Check(timer.C().TryRecv(&tick) == muster::TryResult::kWouldBlock,
                  "a stopped timer has sent");
  }
  timer.Reset(absl::Microseconds(1));
  verdict.Check(timer.C().Recv().has_value(), "a reset timer has not sent");
}

void TickersAndSleepers(Random& random, Verdict& verdict) {
  muster::WaitGroup group;
  const int ticks = 1 + random.Below(3);
  group.Go([&verdict, ticks] {
    muster::time::Ticker ticker = muster::time::NewTicker(absl::Microseconds(20));
    for (int i = 0; i < ticks; ++i) {
      verdict.Check(ticker.C().Recv().has_value(), "a ticker's channel was closed");
    }
    ticker.Stop();
  });
  group.Go([pause = random.Below(80)] { muster::time::Sleep(absl::Microseconds(pause)); });
  group.Wait();
}

void CancelledTree(Random& random, Verdict& verdict) {
  const auto [root, cancel] = context::WithCancel(context::Background());
  const auto [late, cancel_late] = context::WithTimeout(root, absl::Hours(1));
  const auto [leaf, cancel_leaf] = context::WithCancel(late);
  std::atomic<int> told{0}, after{0};
  muster::WaitGroup group;
  const auto wait_for = [&](const context::Context& ctx) {
    group.Go([&told, &verdict, ctx] {
      ctx.Done().Recv();
      verdict.Check(ctx.Err().code() == absl::StatusCode::kCancelled, "Err of a cancelled context");
      ++told;
    });
  };
  wait_for(root);
  wait_for(late);
  wait_for(leaf);
  group.Add(1);
  context::AfterFunc(leaf, [&] {
    ++after;
    group.Done();
  });
  for (int i = random.Below(4); i > 0; --i) muster::runtime::Gosched();
  // Two at once: only one of them does it.
  group.Go([cancel] { cancel(); });
  cancel();
  verdict.Check(!leaf.Err().ok(), "a child outlives its parent's cancellation");
  group.Wait();
  verdict.Equal(told.load(), 3, "goroutines told of the cancellation");
  verdict.Equal(after.load(), 1, "runs of AfterFunc");
}

void TimedOutContexts(Random& random, Verdict& verdict) {
  const auto [ctx, cancel] =
      context::WithTimeout(context::Background(), absl::Microseconds(random.Below(100)));
  const auto answer = muster::MakeChan<int>(1);
  muster::WaitGroup group;
  group.Go([answer, ctx] {
    ctx.Done().Recv();
    answer.Send(1);
  });
  ctx.Done().Recv();
  verdict.Check(ctx.Err().code() == absl::StatusCode::kDeadlineExceeded, "Err after the deadline");
  cancel();
  verdict.Check(ctx.Err().code() == absl::StatusCode::kDeadlineExceeded, "the first reason stays");
  group.Wait();
  verdict.Equal(answer.Len(), 1U, "late answers");
}

}  // namespace stress
