// muster-stress on a program that really races: TSan builds only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/muster-stress/stress.h"
#include "tools/muster-stress/command_line.h"
#include "tools/muster-stress/runner.h"

namespace muster::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StressOnRaces, ReportsAPlantedRaceOnceWithItsReplay) {
  const RunResult result =
      Stress({"--runs", "4", "--jobs", "2", "--seed", "5", "--", PLANTED_BIN, "race"});
  EXPECT_EQ(result.exit_code, kFindings);
  EXPECT_THAT(result.output, HasSubstr("TouchShared"));
  EXPECT_THAT(result.output, HasSubstr("in 4 of 4 runs"));
  EXPECT_THAT(result.output, HasSubstr("replay: MUSTER_SEED=5 TSAN_OPTIONS="));
  EXPECT_THAT(result.output, HasSubstr("4 runs (seeds 5 to 8): 0 clean, 1 distinct finding\n"));
  EXPECT_THAT(result.output, Not(HasSubstr("warning")));
}

TEST(StressOnRaces, KeepsTwoRacesApart) {
  const RunResult result = Stress({"--runs", "2", "--", PLANTED_BIN, "two-races"});
  EXPECT_EQ(result.exit_code, kFindings);
  EXPECT_THAT(result.output, HasSubstr("TouchShared"));
  EXPECT_THAT(result.output, HasSubstr("TouchOther"));
  EXPECT_THAT(result.output, HasSubstr("2 distinct findings"));
}

TEST(StressOnRaces, NamesTheFirstSeedThatShowsTheRace) {
  const RunResult result =
      Stress({"--runs", "5", "--seed", "7", "--", PLANTED_BIN, "race-on-even-seeds"});
  EXPECT_EQ(result.exit_code, kFindings);
  EXPECT_THAT(result.output, HasSubstr("in 2 of 5 runs; first with seed 8"));
}

TEST(StressOnRaces, IsQuietAboutTheHealthyTwin) {
  const RunResult result = Stress({"--runs", "4", "--seed", "1", "--", PLANTED_BIN, "clean"});
  EXPECT_EQ(result.exit_code, kClean);
  EXPECT_EQ(result.output, "4 runs (seeds 1 to 4): 4 clean, 0 distinct findings\n");
}

}  // namespace
}  // namespace muster::stress
