// The present state of the watched processes.
#include "tools/musterd/fleet.h"

#include <gtest/gtest.h>

#include "tests/tools/musterd/samples.h"

namespace muster::musterd {
namespace {

TEST(Fleet, CountsPollsAndErrors) {
  Fleet fleet;
  const Process process = SampleProcess(7);
  fleet.OnPoll(SamplePoll(process, kStart));
  fleet.OnPoll(FailedPoll(process, kStart));
  const FleetState state = fleet.State();
  ASSERT_EQ(state.targets.size(), 1u);
  EXPECT_EQ(state.targets[0].polls, 2u);
  EXPECT_EQ(state.targets[0].errors, 1u);
  EXPECT_FALSE(state.targets[0].answered);
  EXPECT_EQ(state.targets[0].live, 5u);  // Of the last answer.
}

TEST(Fleet, EndedProcessIsDownForAWhileAndThenForgotten) {
  Fleet fleet;
  fleet.OnPoll(SamplePoll(SampleProcess(7), kStart));
  fleet.OnCycle({}, kStart);
  ASSERT_EQ(fleet.State().targets.size(), 1u);
  EXPECT_FALSE(fleet.State().targets[0].up);
  fleet.OnCycle({}, kStart + kShowGone - absl::Seconds(1));
  EXPECT_EQ(fleet.State().targets.size(), 1u);
  fleet.OnCycle({}, kStart + kShowGone);
  EXPECT_TRUE(fleet.State().targets.empty());
}

TEST(Fleet, FindingsAreOfTheLastAnswerOnly) {
  Fleet fleet;
  PollResult result = SamplePoll(SampleProcess(7), kStart);
  result.findings = {SampleFinding("a"), SampleFinding("b")};
  fleet.OnPoll(result);
  EXPECT_EQ(fleet.State().targets[0].findings.at({"lock-cycle", "proven"}), 2u);
  fleet.OnPoll(SamplePoll(SampleProcess(7), kStart));
  EXPECT_TRUE(fleet.State().targets[0].findings.empty());
}

}  // namespace
}  // namespace muster::musterd
