// rate::Limiter, against what Go's golang.org/x/time/rate says and does. Clocks are arguments, or a
// bubble's.
#include "muster/rate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/sync.h"
#include "muster/synctest.h"
#include "muster/time.h"

namespace muster::rate {
namespace {

const absl::Time kBegin = absl::FromUnixSeconds(1000);
const context::Context kBackground;

absl::Time At(double seconds) { return kBegin + absl::Seconds(seconds); }
double SecondsOf(absl::Duration duration) { return absl::ToDoubleSeconds(duration); }

TEST(RateEvery, IsTheReciprocalAndWithoutLimitForNoInterval) {
  EXPECT_DOUBLE_EQ(Every(absl::Milliseconds(100)), 10);
  EXPECT_EQ(Every(absl::ZeroDuration()), kInf);
  EXPECT_EQ(Every(-absl::Seconds(1)), kInf);
}

TEST(RateAllow, ABurstAtFirstAndThenTheRate) {
  Limiter limiter(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.AllowAt(At(0), 1));
  EXPECT_FALSE(limiter.AllowAt(At(0), 1));
  EXPECT_FALSE(limiter.AllowAt(At(0.09), 1));
  EXPECT_TRUE(limiter.AllowAt(At(0.1), 1));
  EXPECT_FALSE(limiter.AllowAt(At(0.1), 1));
}

TEST(RateAllow, TheBucketHoldsNoMoreThanTheBurst) {
  Limiter limiter(10, 2);
  EXPECT_TRUE(limiter.AllowAt(At(100), 2));
  EXPECT_FALSE(limiter.AllowAt(At(100), 1));
  EXPECT_FALSE(limiter.AllowAt(At(200), 3));
  EXPECT_TRUE(limiter.AllowAt(At(200), 2));
}

TEST(RateAllow, AClockThatGoesBackwardsAddsNothing) {
  Limiter limiter(10, 1);
  EXPECT_TRUE(limiter.AllowAt(At(10), 1));
  EXPECT_FALSE(limiter.AllowAt(At(5), 1));
  EXPECT_FALSE(limiter.AllowAt(At(5.05), 1));
}

TEST(RateAllow, WithoutLimitTheBurstDoesNotMatter) {
  Limiter limiter(kInf, 0);
  EXPECT_TRUE(limiter.AllowAt(At(0), 1000));
}

TEST(RateAllow, AtRateZeroThereIsTheBurstOnly) {
  Limiter limiter(0, 2);
  EXPECT_TRUE(limiter.AllowAt(At(0), 2));
  EXPECT_FALSE(limiter.AllowAt(At(1e6), 1));
  EXPECT_FALSE(limiter.ReserveAt(At(1e6), 1).OK());
}

TEST(RateTokens, AreNegativeWhileReserved) {
  Limiter limiter(10, 5);
  EXPECT_DOUBLE_EQ(limiter.TokensAt(At(0)), 5);
  EXPECT_TRUE(limiter.ReserveAt(At(0), 5).OK());
  EXPECT_TRUE(limiter.ReserveAt(At(0), 2).OK());
  EXPECT_DOUBLE_EQ(limiter.TokensAt(At(0)), -2);
  EXPECT_NEAR(limiter.TokensAt(At(0.3)), 1, 1e-9);
}

TEST(RateReserve, DelaysGrowWithEachReservation) {
  Limiter limiter(10, 2);
  EXPECT_EQ(limiter.ReserveAt(At(0), 2).DelayFrom(At(0)), absl::ZeroDuration());
  EXPECT_NEAR(SecondsOf(limiter.ReserveAt(At(0), 2).DelayFrom(At(0))), 0.2, 1e-9);
  const Reservation third = limiter.ReserveAt(At(0.1), 1);
  EXPECT_NEAR(SecondsOf(third.DelayFrom(At(0.1))), 0.2, 1e-9);
  EXPECT_EQ(third.DelayFrom(At(5)), absl::ZeroDuration());
}

TEST(RateReserve, OfMoreThanTheBurstIsNotOK) {
  Limiter limiter(10, 2);
  const Reservation reservation = limiter.ReserveAt(At(0), 3);
  EXPECT_FALSE(reservation.OK());
  EXPECT_EQ(reservation.DelayFrom(At(0)), absl::InfiniteDuration());
  reservation.CancelAt(At(0));
  EXPECT_DOUBLE_EQ(limiter.TokensAt(At(0)), 2);
}

TEST(RateCancel, GivesTheTokensBack) {
  Limiter limiter(10, 2);
  EXPECT_TRUE(limiter.AllowAt(At(0), 2));
  const Reservation reservation = limiter.ReserveAt(At(0), 2);
  reservation.CancelAt(At(0));
  EXPECT_NEAR(SecondsOf(limiter.ReserveAt(At(0), 2).DelayFrom(At(0))), 0.2, 1e-9);
}

TEST(RateCancel, KeepsWhatWasReservedBehindIt) {
  Limiter limiter(10, 2);
  EXPECT_TRUE(limiter.AllowAt(At(0), 2));
  const Reservation first = limiter.ReserveAt(At(0), 2);
  EXPECT_TRUE(limiter.ReserveAt(At(0), 1).OK());
  first.CancelAt(At(0));
  // One of its two tokens only: the other belongs to the one behind it.
  EXPECT_NEAR(limiter.TokensAt(At(0)), -2, 1e-9);
}

TEST(RateCancel, IsTooLateOnceItsTimeHasCome) {
  Limiter limiter(10, 2);
  EXPECT_TRUE(limiter.AllowAt(At(0), 2));
  const Reservation reservation = limiter.ReserveAt(At(0), 1);
  reservation.CancelAt(At(0.2));
  EXPECT_NEAR(limiter.TokensAt(At(0.2)), 1, 1e-9);
}

TEST(RateSet, ChangesTheRateAndTheBurstFromThenOn) {
  Limiter limiter(10, 10);
  EXPECT_TRUE(limiter.AllowAt(At(0), 10));
  limiter.SetLimitAt(At(0.5), 2);
  EXPECT_EQ(limiter.limit(), 2);
  EXPECT_NEAR(limiter.TokensAt(At(1)), 6, 1e-9);
  limiter.SetBurstAt(At(1), 3);
  EXPECT_EQ(limiter.Burst(), 3);
  EXPECT_NEAR(limiter.TokensAt(At(1)), 3, 1e-9);
}

TEST(RateWait, TakesAsLongAsTheTokensDo) {
  synctest::Run([] {
    Limiter limiter(10, 1);
    const absl::Time begin = time::Now();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.Wait(kBackground), absl::OkStatus());
    EXPECT_EQ(time::Now() - begin, absl::Milliseconds(400));
  });
}

TEST(RateWait, ForMoreThanTheBurstFailsAtOnce) {
  Limiter limiter(10, 2);
  const absl::Status status = limiter.WaitN(kBackground, 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "rate: Wait(n=3) exceeds limiter's burst 2");
  EXPECT_TRUE(limiter.AllowN(2));
}

TEST(RateWait, BeyondTheDeadlineFailsAtOnceAndTakesNothing) {
  synctest::Run([] {
    Limiter limiter(1, 1);
    EXPECT_TRUE(limiter.Allow());
    auto [ctx, cancel] = context::WithTimeout(kBackground, absl::Milliseconds(500));
    const absl::Time begin = time::Now();
    const absl::Status status = limiter.Wait(ctx);
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(status.message(), "rate: Wait(n=1) would exceed context deadline");
    EXPECT_EQ(time::Now(), begin);
    EXPECT_NEAR(limiter.Tokens(), 0, 1e-9);
    cancel();
  });
}

TEST(RateWait, ThatIsCancelledGivesItsTokensBack) {
  synctest::Run([] {
    Limiter limiter(1, 1);
    EXPECT_TRUE(limiter.Allow());
    auto [ctx, cancel] = context::WithCancel(kBackground);
    WaitGroup wg;
    wg.Go([&, ctx] { EXPECT_EQ(limiter.Wait(ctx).code(), absl::StatusCode::kCancelled); });
    synctest::Wait();
    EXPECT_NEAR(limiter.Tokens(), -1, 1e-9);
    cancel();
    wg.Wait();
    EXPECT_NEAR(limiter.Tokens(), 0, 1e-9);
    EXPECT_EQ(limiter.Wait(ctx).code(), absl::StatusCode::kCancelled);
  });
}

TEST(RateWait, ServesManyAtTheRate) {
  synctest::Run([] {
    Limiter limiter(100, 1);
    WaitGroup wg;
    const absl::Time begin = time::Now();
    for (int i = 0; i < 101; ++i) {
      wg.Go([&] { EXPECT_EQ(limiter.Wait(kBackground), absl::OkStatus()); });
    }
    wg.Wait();
    EXPECT_NEAR(SecondsOf(time::Now() - begin), 1, 1e-6);
  });
}

TEST(RateSometimes, CallsTheFirstTimesAndEveryNth) {
  Sometimes sometimes({.first = 2, .every = 3});
  std::string calls;
  for (int i = 0; i < 8; ++i) {
    sometimes.Do([&] { calls += std::to_string(i); });
  }
  EXPECT_EQ(calls, "0136");
}

TEST(RateSometimes, CallsAgainAfterTheInterval) {
  synctest::Run([] {
    Sometimes sometimes({.interval = absl::Seconds(10)});
    int calls = 0;
    for (int i = 0; i < 30; ++i) {
      sometimes.Do([&] { ++calls; });
      time::Sleep(absl::Seconds(1));
    }
    EXPECT_EQ(calls, 3);
  });
}

TEST(RateStress, GivesOutNoMoreThanThereIs) {
  muster::Run([] {
    Limiter limiter(0, 100);
    std::atomic<int> allowed{0};
    WaitGroup wg;
    for (int g = 0; g < 8; ++g) {
      wg.Go([&] {
        for (int i = 0; i < 50; ++i) allowed += limiter.Allow() ? 1 : 0;
      });
    }
    wg.Wait();
    EXPECT_EQ(allowed, 100);
  });
}

}  // namespace
}  // namespace muster::rate
