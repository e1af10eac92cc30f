#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"

namespace muster {
namespace {

using context::Context;

constexpr absl::Duration kNotNow = absl::Hours(1);

const absl::Status kCanceled = absl::CancelledError("context canceled");
const absl::Status kDeadlineExceeded = absl::DeadlineExceededError("context deadline exceeded");
const absl::Status kOutOfMilk = absl::ResourceExhaustedError("out of milk");

bool IsDone(const Context& ctx) { return Select(OnRecv(ctx.Done()), OnDefault()) == 0; }

void ExpectLive(const Context& ctx) {
  EXPECT_FALSE(IsDone(ctx));
  EXPECT_TRUE(ctx.Err().ok());
  EXPECT_TRUE(context::Cause(ctx).ok());
}

void ExpectCancelled(const Context& ctx, const absl::Status& err, const absl::Status& cause) {
  EXPECT_TRUE(IsDone(ctx));
  EXPECT_EQ(ctx.Err(), err);
  EXPECT_EQ(context::Cause(ctx), cause);
}

TEST(ContextBackground, IsNeverCancelledAndEmpty) {
  static constinit const context::Key<int> key("n");
  for (const Context& ctx : {context::Background(), context::TODO(), Context()}) {
    EXPECT_FALSE(ctx.Done());
    ExpectLive(ctx);
    EXPECT_FALSE(ctx.Deadline().has_value());
    EXPECT_EQ(ctx.Value(key), nullptr);
  }
}

TEST(ContextCancel, ClosesDoneAndSetsErr) {
  auto [ctx, cancel] = context::WithCancel({});
  ExpectLive(ctx);
  EXPECT_FALSE(ctx.Deadline().has_value());
  cancel();
  ExpectCancelled(ctx, kCanceled, kCanceled);
}

TEST(ContextCancel, MayBeCalledAgainAndFromCopies) {
  auto [ctx, cancel] = context::WithCancel({});
  const context::CancelFunc copy = cancel;
  copy();
  cancel();
  copy();
  ExpectCancelled(ctx, kCanceled, kCanceled);
  context::CancelFunc()();
}

TEST(ContextCancel, DroppingEverythingCancelsNothing) {
  RecvChan<context::Unit> done;
  Context kept;
  {
    auto [ctx, cancel] = context::WithCancel({});
    kept = ctx;
  }
  ExpectLive(kept);
}

TEST(ContextCancel, DoneIsTheSameChannelEachTime) {
  auto [ctx, cancel] = context::WithCancel({});
  const RecvChan<context::Unit> before = ctx.Done();
  cancel();
  EXPECT_EQ(ctx.Done(), before);
  auto [late, cancel_late] = context::WithCancel({});
  cancel_late();
  EXPECT_EQ(late.Done(), late.Done());
  EXPECT_TRUE(IsDone(late));
}

TEST(ContextCancel, WakesThoseThatWait) {
  muster::Run([] {
    auto [ctx, cancel] = context::WithCancel({});
    WaitGroup wg;
    for (int i = 0; i < 4; ++i) {
      wg.Go([ctx] {
        ctx.Done().Recv();
        EXPECT_EQ(ctx.Err(), kCanceled);
      });
    }
    cancel();
    wg.Wait();
  });
}

TEST(ContextTree, CancellationGoesDownNotUpNorSideways) {
  auto [root, cancel_root] = context::WithCancel({});
  auto [left, cancel_left] = context::WithCancel(root);
  auto [right, cancel_right] = context::WithCancel(root);
  auto [below, cancel_below] = context::WithTimeout(left, kNotNow);
  cancel_left();
  ExpectCancelled(left, kCanceled, kCanceled);
  ExpectCancelled(below, kCanceled, kCanceled);
  ExpectLive(root);
  ExpectLive(right);
  cancel_root();
  ExpectCancelled(right, kCanceled, kCanceled);
}

TEST(ContextTree, CancellationPassesThroughValues) {
  static constinit const context::Key<int> key("n");
  auto [root, cancel] = context::WithCancel({});
  const Context value = context::WithValue(root, key, 1);
  auto [below, cancel_below] = context::WithCancel(value);
  EXPECT_EQ(value.Done(), root.Done());
  cancel();
  ExpectCancelled(value, kCanceled, kCanceled);
  ExpectCancelled(below, kCanceled, kCanceled);
}

TEST(ContextTree, ChildOfACancelledContextIsBornCancelled) {
  auto [root, cancel] = context::WithCancelCause({});
  cancel(kOutOfMilk);
  auto [below, cancel_below] = context::WithCancel(root);
  ExpectCancelled(below, kCanceled, kOutOfMilk);
  auto [timed, cancel_timed] = context::WithTimeout(root, kNotNow);
  ExpectCancelled(timed, kCanceled, kOutOfMilk);
}

TEST(ContextCause, SaysWhy) {
  auto [ctx, cancel] = context::WithCancelCause({});
  auto [below, cancel_below] = context::WithCancel(ctx);
  cancel(kOutOfMilk);
  cancel(absl::InternalError("too late"));
  ExpectCancelled(ctx, kCanceled, kOutOfMilk);
  ExpectCancelled(below, kCanceled, kOutOfMilk);
}

TEST(ContextCause, IsErrWhenNoneIsGiven) {
  auto [ctx, cancel] = context::WithCancelCause({});
  cancel(absl::OkStatus());
  ExpectCancelled(ctx, kCanceled, kCanceled);
}

TEST(ContextCause, FirstCancellationCounts) {
  auto [root, cancel_root] = context::WithCancelCause({});
  auto [below, cancel_below] = context::WithCancelCause(root);
  cancel_below(kOutOfMilk);
  cancel_root(absl::InternalError("later"));
  ExpectCancelled(below, kCanceled, kOutOfMilk);
}

TEST(ContextDeadline, CancelsWhenItComes) {
  muster::Run([] {
    const absl::Time deadline = absl::Now() + absl::Milliseconds(1);
    auto [ctx, cancel] = context::WithDeadline({}, deadline);
    EXPECT_EQ(ctx.Deadline(), deadline);
    ctx.Done().Recv();
    ExpectCancelled(ctx, kDeadlineExceeded, kDeadlineExceeded);
    cancel();
    EXPECT_EQ(ctx.Err(), kDeadlineExceeded);
  });
}

TEST(ContextDeadline, CancelsChildrenToo) {
  muster::Run([] {
    auto [ctx, cancel] = context::WithTimeoutCause({}, absl::Milliseconds(1), kOutOfMilk);
    auto [below, cancel_below] = context::WithCancel(ctx);
    below.Done().Recv();
    ExpectCancelled(below, kDeadlineExceeded, kOutOfMilk);
  });
}

TEST(ContextDeadline, InThePastCancelsAtOnce) {
  auto [ctx, cancel] = context::WithDeadlineCause({}, absl::Now() - absl::Seconds(1), kOutOfMilk);
  ExpectCancelled(ctx, kDeadlineExceeded, kOutOfMilk);
  auto [zero, cancel_zero] = context::WithTimeout({}, absl::ZeroDuration());
  ExpectCancelled(zero, kDeadlineExceeded, kDeadlineExceeded);
}

TEST(ContextDeadline, CancelBeforeItWins) {
  auto [ctx, cancel] = context::WithTimeoutCause({}, kNotNow, kOutOfMilk);
  cancel();
  ExpectCancelled(ctx, kCanceled, kCanceled);
}

TEST(ContextDeadline, EarlierOneOfTheParentStays) {
  const absl::Time soon = absl::Now() + absl::Minutes(1);
  auto [root, cancel_root] = context::WithDeadline({}, soon);
  auto [later, cancel_later] = context::WithDeadline(root, soon + kNotNow);
  EXPECT_EQ(later.Deadline(), soon);
  auto [earlier, cancel_earlier] = context::WithDeadline(root, soon - absl::Seconds(9));
  EXPECT_EQ(earlier.Deadline(), soon - absl::Seconds(9));
  auto [below, cancel_below] = context::WithCancel(earlier);
  EXPECT_EQ(below.Deadline(), soon - absl::Seconds(9));
  cancel_root();
}

TEST(ContextDeadline, InfiniteOnesNeverCome) {
  auto [ctx, cancel] = context::WithTimeout({}, absl::InfiniteDuration());
  EXPECT_EQ(ctx.Deadline(), absl::InfiniteFuture());
  ExpectLive(ctx);
  cancel();
  ExpectCancelled(ctx, kCanceled, kCanceled);
}

TEST(ContextValue, InnermostCounts) {
  static constinit const context::Key<std::string> name("name");
  static constinit const context::Key<std::string> other("name");
  const Context outer = context::WithValue({}, name, "outer");
  auto [middle, cancel] = context::WithCancel(outer);
  const Context inner = context::WithValue(middle, name, "inner");
  EXPECT_EQ(*outer.Value(name), "outer");
  EXPECT_EQ(*middle.Value(name), "outer");
  EXPECT_EQ(*inner.Value(name), "inner");
  EXPECT_EQ(inner.Value(other), nullptr);
  EXPECT_EQ(name.name(), "name");
  cancel();
}

TEST(ContextValue, LivesAsLongAsAContextThatSeesIt) {
  static constinit const context::Key<std::shared_ptr<int>> key("shared");
  auto shared = std::make_shared<int>(5);
  const std::weak_ptr<int> alive = shared;
  Context ctx = context::WithValue({}, key, std::move(shared));
  auto [below, cancel] = context::WithCancel(ctx);
  ctx = {};
  EXPECT_EQ(**below.Value(key), 5);
  below = {};
  cancel = {};
  EXPECT_TRUE(alive.expired());
}

TEST(ContextWithoutCancel, KeepsValuesOnly) {
  static constinit const context::Key<int> key("n");
  auto [root, cancel] = context::WithTimeout({}, kNotNow);
  const Context detached = context::WithoutCancel(context::WithValue(root, key, 3));
  auto [below, cancel_below] = context::WithCancel(detached);
  cancel();
  EXPECT_FALSE(detached.Done());
  ExpectLive(detached);
  ExpectLive(below);
  EXPECT_FALSE(detached.Deadline().has_value());
  EXPECT_EQ(*below.Value(key), 3);
  cancel_below();
}

TEST(ContextAfterFunc, RunsInItsOwnGoroutineWhenCancelled) {
  muster::Run([] {
    auto ids = MakeChan<uint64_t>();
    auto [ctx, cancel] = context::WithCancel({});
    const context::StopFunc stop =
        context::AfterFunc(ctx, [ids] { ids.Send(runtime::GoroutineId()); });
    cancel();
    const std::optional<uint64_t> id = ids.Recv();
    EXPECT_NE(id, runtime::GoroutineId());
    EXPECT_FALSE(stop());
  });
}

TEST(ContextAfterFunc, RunsAtOnceOnACancelledContext) {
  muster::Run([] {
    auto ran = MakeChan<int>();
    auto [ctx, cancel] = context::WithCancel({});
    cancel();
    const context::StopFunc stop = context::AfterFunc(ctx, [ran] { ran.Send(1); });
    EXPECT_EQ(ran.Recv(), 1);
    EXPECT_FALSE(stop());
  });
}

TEST(ContextAfterFunc, StopPreventsIt) {
  auto shared = std::make_shared<int>(5);
  const std::weak_ptr<int> alive = shared;
  auto [ctx, cancel] = context::WithCancel({});
  const context::StopFunc stop =
      context::AfterFunc(ctx, [shared = std::move(shared)] { ADD_FAILURE() << "ran"; });
  EXPECT_TRUE(stop());
  EXPECT_FALSE(stop());
  EXPECT_TRUE(alive.expired());
  cancel();
}

TEST(ContextAfterFunc, StopWorksOnTheBackgroundToo) {
  const context::StopFunc stop = context::AfterFunc({}, [] { ADD_FAILURE() << "ran"; });
  EXPECT_TRUE(stop());
  EXPECT_FALSE(stop());
  EXPECT_FALSE(context::StopFunc()());
}

TEST(ContextAfterFunc, RunsThoughEveryHandleButTheParentsIsGone) {
  muster::Run([] {
    auto ran = MakeChan<int>();
    auto [root, cancel] = context::WithCancel({});
    {
      auto [below, cancel_below] = context::WithCancel(root);
      context::AfterFunc(below, [ran] { ran.Send(1); });
    }
    cancel();
    EXPECT_EQ(ran.Recv(), 1);
  });
}

TEST(ContextAfterFunc, IsDestroyedWithAContextThatNothingCanCancel) {
  auto shared = std::make_shared<int>(5);
  const std::weak_ptr<int> alive = shared;
  {
    auto [ctx, cancel] = context::WithCancel({});
    context::AfterFunc(ctx, [shared = std::move(shared)] {});
    EXPECT_FALSE(alive.expired());
  }
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace muster
