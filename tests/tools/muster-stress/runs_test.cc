#include "tools/muster-stress/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace muster::stress {
namespace {

using ::testing::ElementsAre;

// A program of `steps` decisions of two options each: what a replay of `schedule` decides.
std::vector<Decision> Decide(const std::string& schedule, int steps, bool preemptive = true) {
  std::vector<Decision> trace(static_cast<size_t>(steps), {.options = 2, .preemptive = preemptive});
  size_t at = 0;
  std::string text = schedule.substr(std::string("replay:").size());
  while (!text.empty()) {
    const size_t end = text.find('.');
    const std::string part = text.substr(0, end);
    const size_t star = part.find('*');
    const int times = star == std::string::npos ? 1 : std::stoi(part.substr(star + 1));
    for (int i = 0; i < times; ++i) {
      trace[at++].chosen = static_cast<uint32_t>(std::stoi(part.substr(0, star)));
    }
    text = end == std::string::npos ? "" : text.substr(end + 1);
  }
  return trace;
}

// All schedules that are run.
std::multiset<std::string> All(Runs* runs, int steps, bool preemptive = true) {
  std::multiset<std::string> schedules;
  while (const auto run = runs->Next()) {
    schedules.insert(run->schedule);
    runs->Done(*run, Decide(run->schedule, steps, preemptive));
  }
  return schedules;
}

TEST(RunsBySeeds, CountTheSeedUp) {
  Runs runs("random", 10, 2);
  const auto first = runs.Next();
  const auto second = runs.Next();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->seed, 10U);
  EXPECT_EQ(second->seed, 11U);
  EXPECT_EQ(second->schedule, "random");
  EXPECT_FALSE(runs.Next());
  EXPECT_FALSE(runs.AllMade());
  runs.Done(*first, {});
  runs.Done(*second, {});
  EXPECT_TRUE(runs.AllMade());
  EXPECT_FALSE(runs.Exhausted());
}

TEST(RunsBySeeds, GiveWhatWasAbandonedAgain) {
  Runs runs("", 1, 1);
  const auto run = runs.Next();
  runs.Abandon(*run);
  EXPECT_EQ(runs.Next()->seed, 1U);
}

TEST(RunsByDepth, TryEverythingWithinTheBoundOnce) {
  Runs runs("dfs:1", 5, UINT64_MAX);
  const std::multiset<std::string> schedules = All(&runs, 3);
  EXPECT_THAT(schedules, ElementsAre("replay:", "replay:0*2.1", "replay:0.1", "replay:1"));
  EXPECT_TRUE(runs.Exhausted());
}

TEST(RunsByDepth, CountOnlyPreemptionsAgainstTheBound) {
  Runs runs("dfs:0", 5, UINT64_MAX);
  EXPECT_EQ(All(&runs, 4, /*preemptive=*/false).size(), 16U);
}

TEST(RunsByDepth, AreNotExhaustedByALimit) {
  Runs runs("dfs:2", 5, 3);
  EXPECT_EQ(All(&runs, 4).size(), 3U);
  EXPECT_TRUE(runs.AllMade());
  EXPECT_FALSE(runs.Exhausted());
}

TEST(RunsByDepth, GoOnFromAStateWithoutARunLostOrMadeTwice) {
  Runs whole("dfs:2", 5, UINT64_MAX);
  const std::multiset<std::string> expected = All(&whole, 5);
  Runs first("dfs:2", 5, UINT64_MAX);
  std::multiset<std::string> made;
  for (int i = 0; i < 4; ++i) {
    const auto run = first.Next();
    made.insert(run->schedule);
    first.Done(*run, Decide(run->schedule, 5));
  }
  const auto lost = first.Next();  // under way at the interruption
  ASSERT_TRUE(lost);
  Runs second("dfs:2", 5, UINT64_MAX);
  second.Restore(first.Save());
  for (const std::string& schedule : All(&second, 5)) made.insert(schedule);
  EXPECT_EQ(made, expected);
}

}  // namespace
}  // namespace muster::stress
