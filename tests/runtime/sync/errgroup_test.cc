#include "muster/errgroup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "muster/chan.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/death.h"
#include "tests/runtime/sync/expect_panic.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::ExpectPanic;
using testing::WaitUntilParked;

absl::Status Ok() { return absl::OkStatus(); }

// Ends when it is told to, so that a test decides who is active.
struct Gate {
  Chan<int> open = MakeChan<int>();
  auto Waiter() const {
    return [open = open] {
      open.Recv();
      return absl::OkStatus();
    };
  }
};

TEST(Errgroup, WaitReturnsOkWhenAllSucceed) {
  muster::Run([] {
    errgroup::Group group;
    std::atomic<int> ran{0};
    for (int i = 0; i < 20; ++i) {
      group.Go([&ran] {
        ++ran;
        return absl::OkStatus();
      });
    }
    EXPECT_TRUE(group.Wait().ok());
    EXPECT_EQ(ran, 20);
  });
}

TEST(Errgroup, WaitReturnsTheFirstError) {
  muster::Run([] {
    auto [group, ctx] = errgroup::WithContext(context::Background());
    group.Go([] { return absl::NotFoundError("first"); });
    // The context ends only once the first error is in, so this one is the second.
    group.Go([ctx] {
      ctx.Done().Recv();
      return absl::InternalError("second");
    });
    EXPECT_EQ(group.Wait(), absl::NotFoundError("first"));
  });
}

TEST(Errgroup, WaitsForAllAfterAnError) {
  muster::Run([] {
    errgroup::Group group;
    Gate gate;
    std::atomic<bool> ended{false};
    group.Go([] { return absl::AbortedError("early"); });
    group.Go([&, wait = gate.Waiter()] {
      absl::Status status = wait();
      ended = true;
      return status;
    });
    gate.open.Send(1);
    EXPECT_EQ(group.Wait(), absl::AbortedError("early"));
    EXPECT_TRUE(ended);
  });
}

TEST(Errgroup, AnErrorCancelsTheContextAndIsItsCause) {
  muster::Run([] {
    auto [group, ctx] = errgroup::WithContext(context::Background());
    EXPECT_TRUE(ctx.Err().ok());
    group.Go([] { return absl::DataLossError("bad"); });
    ctx.Done().Recv();
    EXPECT_EQ(ctx.Err().code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(context::Cause(ctx), absl::DataLossError("bad"));
    EXPECT_EQ(group.Wait(), absl::DataLossError("bad"));
  });
}

TEST(Errgroup, WaitCancelsTheContextOfAGroupThatSucceeds) {
  muster::Run([] {
    auto [group, ctx] = errgroup::WithContext(context::Background());
    group.Go(Ok);
    EXPECT_TRUE(group.Wait().ok());
    EXPECT_EQ(ctx.Err().code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(context::Cause(ctx).code(), absl::StatusCode::kCancelled);
  });
}

TEST(Errgroup, TryGoStartsNoMoreThanTheLimit) {
  muster::Run([] {
    errgroup::Group group;
    Gate gate;
    group.SetLimit(2);
    EXPECT_TRUE(group.TryGo(gate.Waiter()));
    EXPECT_TRUE(group.TryGo(gate.Waiter()));
    EXPECT_FALSE(group.TryGo(gate.Waiter()));
    gate.open.Close();
    EXPECT_TRUE(group.Wait().ok());
    EXPECT_TRUE(group.TryGo(Ok));
    EXPECT_TRUE(group.Wait().ok());
  });
}

TEST(Errgroup, TryGoAlwaysStartsWithoutALimit) {
  muster::Run([] {
    errgroup::Group group;
    Gate gate;
    group.SetLimit(0);
    EXPECT_FALSE(group.TryGo(Ok));
    group.SetLimit(-1);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(group.TryGo(gate.Waiter()));
    gate.open.Close();
    EXPECT_TRUE(group.Wait().ok());
  });
}

TEST(Errgroup, GoWaitsAtTheLimitUntilOneEnds) {
  muster::Run([] {
    errgroup::Group group;
    Gate gate;
    group.SetLimit(1);
    group.Go(gate.Waiter());
    Chan<uint64_t> id = MakeChan<uint64_t>(1);
    std::atomic<bool> started{false};
    WaitGroup spawner;
    spawner.Go([&] {
      id.Send(runtime::GoroutineId());
      group.Go(Ok);
      started = true;
    });
    WaitUntilParked(*id.Recv(), WaitReason::kChanSend);
    EXPECT_FALSE(started);
    gate.open.Send(1);
    spawner.Wait();
    EXPECT_TRUE(started);
    EXPECT_TRUE(group.Wait().ok());
  });
}

TEST(Errgroup, NoMoreThanTheLimitAreEverActive) {
  muster::Run([] {
    constexpr int kLimit = 3;
    errgroup::Group group;
    group.SetLimit(kLimit);
    std::atomic<int> active{0};
    std::atomic<int> most{0};
    for (int i = 0; i < 300; ++i) {
      group.Go([&] {
        const int now = ++active;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        runtime::Gosched();
        --active;
        return absl::OkStatus();
      });
    }
    EXPECT_TRUE(group.Wait().ok());
    EXPECT_GE(most, 1);
    EXPECT_LE(most, kLimit);
  });
}

TEST(Errgroup, SetLimitWhileSomeAreActivePanics) {
  muster::Run([] {
    errgroup::Group group;
    Gate gate;
    group.SetLimit(2);
    group.Go(gate.Waiter());
    ExpectPanic("errgroup: modify limit while 1 goroutines in the group are still active",
                [&] { group.SetLimit(3); });
    gate.open.Close();
    EXPECT_TRUE(group.Wait().ok());
    group.SetLimit(3);
  });
}

TEST(Errgroup, GoexitEndsAFunctionWithoutAnError) {
  muster::Run([] {
    errgroup::Group group;
    group.SetLimit(1);
    group.Go([]() -> absl::Status { runtime::Goexit(); });
    group.Go(Ok);
    EXPECT_TRUE(group.Wait().ok());
  });
}

TEST(Errgroup, AFunctionThatCannotBeMovedInDoesNotCount) {
  struct Stubborn {
    Stubborn() = default;
    Stubborn(const Stubborn&) { throw std::runtime_error("no copies"); }
    absl::Status operator()() const { return absl::OkStatus(); }
  };
  muster::Run([] {
    errgroup::Group group;
    group.SetLimit(1);
    const Stubborn stubborn;
    EXPECT_THROW(group.Go(stubborn), std::runtime_error);
    EXPECT_TRUE(group.TryGo(Ok));
    EXPECT_TRUE(group.Wait().ok());
  });
}

TEST(Errgroup, TakesFunctionsThatCanOnlyBeMoved) {
  muster::Run([] {
    errgroup::Group group;
    group.Go([text = std::make_unique<std::string>("moved")] { return absl::UnknownError(*text); });
    EXPECT_EQ(group.Wait(), absl::UnknownError("moved"));
  });
}

TEST(Errgroup, MayBeDestroyedOnceWaitHasReturned) {
  muster::Run([] {
    for (int i = 0; i < 200; ++i) {
      auto group = std::make_unique<errgroup::Group>();
      group->SetLimit(2);
      for (int j = 0; j < 4; ++j) group->Go(Ok);
      EXPECT_TRUE(group->Wait().ok());
    }
  });
}

using ErrgroupDeath = testing::Death;

TEST_F(ErrgroupDeath, AnExceptionEndsTheProcessWithoutWait) {
  EXPECT_EXIT(muster::Run([] {
                errgroup::Group group;
                Gate never;
                group.Go(never.Waiter());
                group.Go([]() -> absl::Status { throw std::runtime_error("torn page"); });
                (void)group.Wait();
              }),
              ::testing::ExitedWithCode(2), "panic: .*torn page");
}

TEST(ErrgroupStress, KeepsOneErrorOfMany) {
  muster::Run([] {
    for (int round = 0; round < 20; ++round) {
      auto [group, ctx] = errgroup::WithContext(context::Background());
      for (int i = 0; i < 50; ++i) {
        group.Go([i] { return absl::InternalError(std::to_string(i)); });
      }
      const absl::Status status = group.Wait();
      EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
      EXPECT_EQ(context::Cause(ctx), status);
    }
  });
}

}  // namespace
}  // namespace muster
