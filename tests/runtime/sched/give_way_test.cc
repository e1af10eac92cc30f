#include "runtime/sched/give_way.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster::sched {
namespace {

// One P, so that what runs when is certain. Before main, as the scheduler reads it once.
[[maybe_unused]] const int g_one_p = setenv("MUSTER_PROCS", "1", /*overwrite=*/1);

TEST(GiveWay, LetsTheHolderRunWhenItWaitsForTheSameP) {
  muster::Run([] {
    bool free = false;
    int looks = 0;
    Go([&] { free = true; });
    EXPECT_TRUE(TakeGivingWay(CurrentM(), [&] {
      ++looks;
      return free;
    }));
    EXPECT_EQ(looks, 2) << "one before the other goroutine has run, one after";
  });
}

TEST(GiveWay, LooksOnceWhenNobodyElseCanRun) {
  muster::Run([] {
    int looks = 0;
    EXPECT_FALSE(TakeGivingWay(CurrentM(), [&] {
      ++looks;
      return false;
    }));
    EXPECT_EQ(looks, 1);
  });
}

TEST(GiveWay, GivesUpAfterItsTries) {
  muster::Run([] {
    bool done = false;
    WaitGroup other;
    other.Go([&] {
      while (!done) runtime::Gosched();
    });
    CurrentM()->backoff = {};
    const int tries = Backoff().tries;
    int looks = 0;
    const auto never = [&] {
      ++looks;
      return false;
    };
    EXPECT_FALSE(TakeGivingWay(CurrentM(), never));
    EXPECT_EQ(looks, tries);
    EXPECT_FALSE(TakeGivingWay(CurrentM(), never));
    EXPECT_EQ(looks, tries + tries / 2) << "half as many after it was all in vain";
    done = true;
    other.Wait();
  });
}

TEST(Backoff, PausesLongerWithEachLossAndShorterWithEachSuccess) {
  Backoff backoff;
  const int first = backoff.pause;
  backoff.Lost();
  EXPECT_EQ(backoff.pause, 2 * first);
  backoff.Won();
  EXPECT_EQ(backoff.pause, first);
  backoff.Won();
  EXPECT_EQ(backoff.pause, Backoff::kShortestPause);
  for (int i = 0; i < 20; ++i) backoff.Lost();
  EXPECT_EQ(backoff.pause, Backoff::kLongestPause);
}

TEST(Backoff, TriesMoreOftenWhereItPaidAndLessWhereItDidNot) {
  Backoff backoff;
  for (int i = 0; i < 20; ++i) backoff.Won();
  EXPECT_EQ(backoff.tries, Backoff::kMostTries);
  for (int i = 0; i < 20; ++i) backoff.GaveUp();
  EXPECT_EQ(backoff.tries, Backoff::kFewestTries);
}

}  // namespace
}  // namespace muster::sched
