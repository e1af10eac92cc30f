#include "tools/muster-stress/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace muster::stress {
namespace {

std::variant<Options, Finished> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "muster-stress");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

int Mistake(std::vector<const char*> arguments) {
  const auto parsed = Parse(std::move(arguments));
  const auto* finished = std::get_if<Finished>(&parsed);
  return finished == nullptr ? -1 : finished->code;
}

TEST(StressCommandLine, GivesEverythingAfterTheDashesToTheProgram) {
  const auto parsed = Parse({"--runs", "7", "--jobs=3", "--timeout", "1.5", "--seed", "9", "--json",
                             "--", "./x_test", "--runs", "1", "--gtest_filter=A.*"});
  ASSERT_TRUE(std::holds_alternative<Options>(parsed));
  const Options& options = std::get<Options>(parsed);
  EXPECT_EQ(options.runs, 7U);
  EXPECT_EQ(options.jobs, 3U);
  EXPECT_DOUBLE_EQ(options.timeout_seconds, 1.5);
  EXPECT_EQ(options.seed, 9U);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.command,
            (std::vector<std::string>{"./x_test", "--runs", "1", "--gtest_filter=A.*"}));
}

TEST(StressCommandLine, TakesAProgramWithoutDashes) {
  const auto parsed = Parse({"--runs", "2", "./x_test"});
  ASSERT_TRUE(std::holds_alternative<Options>(parsed));
  EXPECT_EQ(std::get<Options>(parsed).command, std::vector<std::string>{"./x_test"});
}

TEST(StressCommandLine, GoesOnUntilTheTimeIsUpOrAllSchedulesAreTried) {
  const auto timed = Parse({"--for", "10m", "--", "x"});
  ASSERT_TRUE(std::holds_alternative<Options>(timed));
  EXPECT_DOUBLE_EQ(std::get<Options>(timed).for_seconds, 600);
  EXPECT_EQ(std::get<Options>(timed).runs, 0U);
  const auto both = Parse({"--for", "90s", "--runs", "5", "--", "x"});
  EXPECT_EQ(std::get<Options>(both).runs, 5U);
  EXPECT_EQ(std::get<Options>(Parse({"--strategy", "dfs:1", "--", "x"})).runs, 0U);
  for (const char* bad : {"10", "m", "1.5h", "0s", "-1s"}) {
    EXPECT_EQ(Mistake({"--for", bad, "--", "x"}), kUsage) << bad;
  }
}

TEST(StressCommandLine, HandsAFilterToAGoogleTestProgram) {
  const auto parsed = Parse({"--tests", "A.*", "--", "./x_test", "-v"});
  EXPECT_EQ(std::get<Options>(parsed).command,
            (std::vector<std::string>{"./x_test", "-v", "--gtest_filter=A.*"}));
}

TEST(StressCommandLine, RefusesNonsense) {
  EXPECT_EQ(Mistake({}), kUsage);
  EXPECT_EQ(Mistake({"--runs", "0", "--", "x"}), kUsage);
  EXPECT_EQ(Mistake({"--runs", "many", "--", "x"}), kUsage);
  EXPECT_EQ(Mistake({"--jobs", "0", "--", "x"}), kUsage);
  EXPECT_EQ(Mistake({"--timeout", "-1", "--", "x"}), kUsage);
  EXPECT_EQ(Mistake({"--seed", "0", "--", "x"}), kUsage);
  EXPECT_EQ(Mistake({"--no-such-option", "--", "x"}), kUsage);
}

TEST(StressCommandLine, KnowsTheStrategies) {
  for (const char* strategy : {"random", "pct:3", "pct:2:400", "dfs:0", "dfs:2"}) {
    const auto parsed = Parse({"--strategy", strategy, "--", "./x_test"});
    ASSERT_TRUE(std::holds_alternative<Options>(parsed)) << strategy;
    EXPECT_EQ(std::get<Options>(parsed).strategy, strategy);
  }
  for (const char* strategy : {"pct", "pct:0", "pct:3:", "dfs", "dfs:x", "replay:1", "fast"}) {
    EXPECT_EQ(Mistake({"--strategy", strategy, "--", "x"}), kUsage) << strategy;
  }
}

TEST(StressCommandLine, HelpIsNoMistake) { EXPECT_EQ(Mistake({"--help"}), kClean); }

}  // namespace
}  // namespace muster::stress
