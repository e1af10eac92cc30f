// The leak gate, judged from outside: which tests of a fixture binary it blames, and what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/muster-stress/runner.h"

namespace {

using muster::stress::RunOnce;
using muster::stress::RunResult;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

enum class Verdict { kMissing, kOk, kFailed, kSkipped };

struct TestOutcome {
  Verdict verdict = Verdict::kMissing;
  std::string output;  // between its RUN line and its verdict
};

RunResult RunFixture(const char* fixture, std::vector<std::string> flags = {}) {
  flags.insert(flags.begin(), {fixture, "--gtest_color=no"});
  const std::atomic<bool> go_on{false};
  return RunOnce({.command = flags, .environment = {{"MUSTER_ENDPOINT", "off"}}, .timeout = {}},
                 go_on);
}

// The outcomes of all tests of one run, by name; those of the last repetition if it repeats.
std::map<std::string, TestOutcome> Outcomes(std::string_view output) {
  std::map<std::string, TestOutcome> outcomes;
  TestOutcome* open = nullptr;
  const std::map<std::string_view, Verdict> verdicts = {{"[       OK ] ", Verdict::kOk},
                                                        {"[  FAILED  ] ", Verdict::kFailed},
                                                        {"[  SKIPPED ] ", Verdict::kSkipped}};
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    const std::string_view head = line.substr(0, 13);
    if (head == "[ RUN      ] ") {
      open = &outcomes[std::string(line.substr(13))];
      *open = {};
    } else if (const auto verdict = verdicts.find(head);
               verdict != verdicts.end() && open != nullptr) {
      open->verdict = verdict->second;
      open = nullptr;
    } else if (open != nullptr) {
      open->output.append(line).append("\n");
    }
  }
  return outcomes;
}

class LeakGate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    result_ = new RunResult(RunFixture(LEAKY_FIXTURE));
    outcomes_ = new std::map<std::string, TestOutcome>(Outcomes(result_->output));
  }
  static void TearDownTestSuite() {
    delete result_;
    delete outcomes_;
  }
  static TestOutcome Of(const std::string& test) { return (*outcomes_)[test]; }
  static void ExpectLeak(const std::string& test, const std::string& count) {
    const TestOutcome outcome = Of(test);
    EXPECT_EQ(outcome.verdict, Verdict::kFailed) << test << "\n" << result_->output;
    EXPECT_THAT(outcome.output, HasSubstr(test + " left " + count + " behind.\n"));
  }
  static void ExpectNoBlame(const std::string& test, Verdict verdict) {
    const TestOutcome outcome = Of(test);
    EXPECT_EQ(outcome.verdict, verdict) << test << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, Not(HasSubstr(" behind.\n")));
  }

  static RunResult* result_;
  static std::map<std::string, TestOutcome>* outcomes_;
};
RunResult* LeakGate::result_ = nullptr;
std::map<std::string, TestOutcome>* LeakGate::outcomes_ = nullptr;

TEST_F(LeakGate, FailsTheBinary) { EXPECT_EQ(result_->exit_code, 1) << result_->output; }

TEST_F(LeakGate, NamesTheGoroutineItsWaitItsStackAndItsCreator) {
  ExpectLeak("Leak.OneReceiver", "1 goroutine");
  const std::string output = Of("Leak.OneReceiver").output;
  EXPECT_THAT(output, AllOf(HasSubstr("outlives-test"), HasSubstr("chan receive"),
                            HasSubstr("WaitForNobody"), HasSubstr("created by")));
  // Where it stands, and where it was created.
  EXPECT_THAT(output, AllOf(HasSubstr("leaky_fixture.cc:12"), HasSubstr("leaky_fixture.cc:14")));
}

TEST_F(LeakGate, FollowsTheLabelIntoRunAndDownTheGenerations) {
  ExpectLeak("Leak.StartedInsideRun", "1 goroutine");
}

TEST_F(LeakGate, CountsAndGroupsSeveral) {
  ExpectLeak("Leak.Three", "3 goroutines");
  EXPECT_THAT(Of("Leak.Three").output, AllOf(HasSubstr("chan receive"), HasSubstr("chan send")));
}

TEST_F(LeakGate, SaysWhatIsWorseThanALeak) {
  ExpectLeak("Leak.LockCycle", "2 goroutines");
  EXPECT_THAT(Of("Leak.LockCycle").output, HasSubstr("lock-cycle"));
}

TEST_F(LeakGate, SeesGoroutinesThatRun) { ExpectLeak("Leak.Spinner", "1 goroutine"); }

TEST_F(LeakGate, ReportsBesideOtherFailures) {
  ExpectLeak("Leak.OfATestThatFailsAnyway", "1 goroutine");
  EXPECT_THAT(Of("Leak.OfATestThatFailsAnyway").output, HasSubstr("for another reason"));
}

TEST_F(LeakGate, FailsASkippedTestThatLeaks) {
  ExpectLeak("Leak.OfATestThatIsSkipped", "1 goroutine");
}

TEST_F(LeakGate, AddsNothingToTestsThatLeaveNothing) {
  ExpectNoBlame("NoLeak.ButFails", Verdict::kFailed);
  ExpectNoBlame("NoLeak.ButSkipped", Verdict::kSkipped);
}

TEST_F(LeakGate, DoesNotBlameATestForItsNeighbour) {
  ExpectLeak("Neighbour.Leaves", "1 goroutine");
  ExpectNoBlame("Neighbour.IsClean", Verdict::kOk);
}

TEST_F(LeakGate, DoesNotBlameATestForWhatTheSuiteStarted) {
  ExpectNoBlame("WithBackground.IsClean", Verdict::kOk);
  ExpectNoBlame("WithBackground.IsCleanToo", Verdict::kOk);
}

TEST_F(LeakGate, TellsTheInstancesOfAParameterisedTestApart) {
  ExpectNoBlame("Instance/Numbered.OnlyElevenLeaks/0", Verdict::kOk);
  EXPECT_EQ(Of("Instance/Numbered.OnlyElevenLeaks/1").verdict, Verdict::kFailed);
  EXPECT_THAT(Of("Instance/Numbered.OnlyElevenLeaks/1").output,
              HasSubstr("Instance/Numbered.OnlyElevenLeaks/1 left 1 goroutine behind.\n"));
  ExpectNoBlame("Instance/Numbered.OnlyElevenLeaks/2", Verdict::kOk);
}

TEST_F(LeakGate, LetsATestLeakThatGivesAReason) {
  EXPECT_EQ(Of("Allowed.Leaves").verdict, Verdict::kOk);
  EXPECT_EQ(Of("Allowed.Leaves").output,
            "leak gate: Allowed.Leaves left 1 behind and has leave to: the janitor lives as long "
            "as the process\n");
  EXPECT_EQ(Of("Allowed.LeavesNothing").verdict, Verdict::kOk);
  EXPECT_EQ(Of("Allowed.LeavesNothing").output,
            "leak gate: Allowed.LeavesNothing has leave to leak and left nothing: it may happen\n");
  ExpectLeak("Allowed.IsForOneTestOnly", "1 goroutine");
}

TEST(LeakGateRepeated, BlamesARepetitionForItsOwnGoroutinesOnly) {
  const RunResult result =
      RunFixture(LEAKY_FIXTURE, {"--gtest_filter=Leak.OneReceiver", "--gtest_repeat=3"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(Outcomes(result.output)["Leak.OneReceiver"].output,
              HasSubstr("Leak.OneReceiver left 1 goroutine behind.\n"));
}

TEST(LeakGateHealthy, PassesTheTwinsWithoutAWord) {
  const RunResult result = RunFixture(HEALTHY_FIXTURE);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  const std::map<std::string, TestOutcome> outcomes = Outcomes(result.output);
  EXPECT_EQ(outcomes.size(), 8U);
  for (const auto& [name, outcome] : outcomes) {
    EXPECT_EQ(outcome.verdict, Verdict::kOk) << name;
    EXPECT_EQ(outcome.output, "") << name;
  }
}

}  // namespace
