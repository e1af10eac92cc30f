// The suspicion of goroutines that run and run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using planted::Rules;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Hog, IsSuspectedOfWhoDoesNotGiveWay) {
  Planted p;
  p.Receives(1, 0xa0);
  p.Running(7).running_ns = 3 * kSecond;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("hog"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u));
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7, created at app.cc:12 by goroutine 1, has been running for 3s at "
            "busy.cc:7 without giving way; nobody waits for a turn at present.");
}

TEST(Hog, CountsWhoMustWaitForATurn) {
  Planted p;
  p.Running(7).running_ns = kSecond;
  p.Running(8).state = State::kRunnable;
  p.Running(9).state = State::kRunnable;
  EXPECT_THAT(p.Analyze().at(0).explanation,
              HasSubstr("2 goroutines are runnable and must wait for a turn meanwhile."));
}

TEST(Hog, IsOneFindingForOnePlace) {
  Planted p;
  for (uint64_t id = 2; id < 6; ++id) {
    p.Running(id).running_ns = static_cast<int64_t>(id) * kSecond;
    p.last().stack = p.Stack({"Spin@spin.cc:9"});
  }
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("hog"));
  EXPECT_EQ(findings[0].count, 4u);
  EXPECT_THAT(findings[0].explanation, HasSubstr("have been running for up to 5s at spin.cc:9"));
}

TEST(Hog, LeavesOneAloneThatHasJustBegun) {
  Planted p;
  p.Running(7).running_ns = AnalyzeOptions().hog_after_ns - 1;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Hog, BeginsWhereTheOptionSays) {
  Planted p;
  p.Running(7).running_ns = 10'000'000;
  AnalyzeOptions options;
  options.hog_after_ns = 10'000'000;
  EXPECT_THAT(Rules(p.Analyze(options)), ElementsAre("hog"));
  options.hog_after_ns = 10'000'001;
  EXPECT_THAT(p.Analyze(options), IsEmpty());
}

TEST(Hog, LeavesOneAloneThatYieldsAndSoIsNotDated) {
  Planted p;
  p.Running(7);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Hog, LeavesABlockingRegionAlone) {
  Planted p;
  p.Running(7).state = State::kSyscall;
  p.last().wait_ns = 60 * kSecond;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Hog, LeavesAThreadOutsideTheRuntimeAlone) {
  Planted p;
  p.Thread(100, State::kRunning).running_ns = kSecond;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

}  // namespace
}  // namespace muster::inspector
