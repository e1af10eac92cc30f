// muster-stress on programs of the runtime, whose schedules it decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "tests/tools/muster-stress/stress.h"
#include "tools/muster-stress/command_line.h"
#include "tools/muster-stress/merge.h"
#include "tools/muster-stress/runner.h"

namespace muster::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

nlohmann::json JsonOf(const RunResult& result) {
  return nlohmann::json::parse(result.output.substr(result.output.find("{\n")));
}

RunResult Shell(const std::string& line) {
  const std::atomic<bool> go_on{false};
  return RunOnce({.command = {"/bin/sh", "-c", line}, .environment = {}}, go_on);
}

TEST(StressSchedules, ByDepthFindALostUpdateAndSayThatAllWereTried) {
  const RunResult result = Stress({"--strategy", "dfs:1", "--", SCHEDULED_BIN, "lost-update"});
  EXPECT_EQ(result.exit_code, kFindings);
  EXPECT_THAT(result.output, HasSubstr("exit: exit code 3"));
  EXPECT_THAT(result.output, HasSubstr("minimised: 1 preemption, was 1\n"));
  EXPECT_THAT(result.output, HasSubstr(", which are all schedules of dfs:1: "));
}

TEST(StressSchedules, ByDepthWithoutPreemptionsFindNothing) {
  const RunResult result = Stress({"--strategy", "dfs:0", "--", SCHEDULED_BIN, "lost-update"});
  EXPECT_EQ(result.exit_code, kClean) << result.output;
  EXPECT_THAT(result.output, HasSubstr(", which are all schedules of dfs:0: "));
}

TEST(StressSchedules, AreTheSameOnesWithManyJobs) {
  std::vector<nlohmann::json> found;
  for (const char* jobs : {"1", "4"}) {
    const nlohmann::json json =
        JsonOf(Stress({"--strategy", "dfs:1", "--json", "--seed", "1", "--jobs", jobs, "--",
                       SCHEDULED_BIN, "lost-update"}));
    found.push_back({json["runs"], json["clean_runs"]});
  }
  EXPECT_EQ(found[0], found[1]);
}

// A program and a strategy that finds its bug.
class StressReplay : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};
INSTANTIATE_TEST_SUITE_P(All, StressReplay,
                         ::testing::Combine(::testing::Values("lost-update", "lock-order"),
                                            ::testing::Values("random", "pct:2", "dfs:2")));

// The command that is printed is what a user would paste.
TEST_P(StressReplay, IsThePrintedCommand) {
  const auto [program, strategy] = GetParam();
  const char* runs = std::string(strategy) == "dfs:2" ? "300" : "20";
  const nlohmann::json json = JsonOf(Stress({"--runs", runs, "--seed", "1", "--strategy", strategy,
                                             "--json", "--", SCHEDULED_BIN, program}));
  ASSERT_EQ(json["findings"].size(), 1U);
  const nlohmann::json& finding = json["findings"][0];
  EXPECT_LE(finding["minimal_preemptions"], 1);
  EXPECT_LE(finding["minimal_preemptions"], finding["preemptions"]);
  Merger merger;
  for (uint64_t again = 0; again < 3; ++again) {
    merger.Add({.number = again, .seed = 1, .schedule = ""}, Shell(finding["replay"]));
  }
  ASSERT_EQ(merger.Findings().size(), 1U) << finding["replay"];
  EXPECT_EQ(merger.Findings()[0].title, finding["title"].get<std::string>());
  EXPECT_EQ(merger.Findings()[0].runs, 3U);
}

TEST(StressSchedules, OfPctAreSpreadOverAsManyDecisionsAsThereAre) {
  const nlohmann::json json = JsonOf(Stress({"--runs", "1", "--seed", "1", "--strategy", "pct:2",
                                             "--json", "--", SCHEDULED_BIN, "lost-update"}));
  EXPECT_THAT(json["strategy"].get<std::string>(), MatchesRegex("pct:2:[1-9][0-9]?"));
}

TEST(StressHangs, AreJudgedByTheGoroutinesThatTheProgramPrints) {
  const RunResult result = Stress({"--runs", "1", "--timeout", "6", "--", SCHEDULED_BIN, "hang"});
  EXPECT_EQ(result.exit_code, kFindings);
  EXPECT_THAT(result.output, HasSubstr("time-out: did not end in time; deadlock: goroutine "));
  EXPECT_THAT(result.output, HasSubstr("waiting: 2 in sync.Mutex.Lock, 1 in sync.WaitGroup.Wait"));
  EXPECT_THAT(result.output, HasSubstr("| goroutine 1 [sync.WaitGroup.Wait]:"));
}

TEST(StressState, LetsAnInterruptedCampaignGoOnWhereItWas) {
  const std::string name = ::testing::TempDir() + "stress_state_" + std::to_string(getpid());
  const std::string marker = name + ".marker";
  const std::vector<std::string> arguments = {"--runs",
                                              "8",
                                              "--seed",
                                              "10",
                                              "--jobs",
                                              "1",
                                              "--state",
                                              name,
                                              "--",
                                              PLANTED_BIN,
                                              "interrupt-us-at-seed-14",
                                              marker};
  const RunResult first = Stress(arguments);
  EXPECT_THAT(first.output, HasSubstr("4 runs of 8 (seeds 10 to 17): 3 clean"));
  EXPECT_EQ(first.exit_code, kFindings);
  const RunResult second = Stress(arguments);
  EXPECT_EQ(second.exit_code, kFindings);
  EXPECT_THAT(second.output, HasSubstr("first with seed 12"));
  EXPECT_THAT(second.output,
              HasSubstr("8 runs (seeds 10 to 17), 4 of them before an interruption: 7 clean"));
  // There is nothing left to do, and nothing is done twice.
  EXPECT_THAT(Stress(arguments).output, HasSubstr("8 of them before an interruption: 7 clean"));
  unlink(name.c_str());
  unlink(marker.c_str());
}

TEST(StressState, OfAnotherCommandIsRefused) {
  const std::string name = ::testing::TempDir() + "stress_other_" + std::to_string(getpid());
  Stress({"--runs", "1", "--state", name, "--", PLANTED_BIN, "clean"});
  const RunResult other = Stress({"--runs", "1", "--state", name, "--", PLANTED_BIN, "seed"});
  EXPECT_EQ(other.exit_code, kCouldNotRun);
  EXPECT_THAT(other.output, HasSubstr("belongs to another command"));
  std::ofstream(name) << "no state";
  const RunResult broken = Stress({"--runs", "1", "--state", name, "--", PLANTED_BIN, "clean"});
  EXPECT_EQ(broken.exit_code, kCouldNotRun);
  EXPECT_THAT(broken.output, HasSubstr("is no state of muster-stress"));
  unlink(name.c_str());
}

TEST(StressFiles, AreWrittenBesideTheText) {
  const std::string name = ::testing::TempDir() + "stress_files_" + std::to_string(getpid());
  const RunResult result = Stress({"--runs", "1", "--junit", name + ".xml", "--sarif",
                                   name + ".sarif", "--", PLANTED_BIN, "asleep"});
  EXPECT_EQ(result.exit_code, kFindings);
  std::ifstream junit(name + ".xml");
  const std::string xml((std::istreambuf_iterator<char>(junit)), std::istreambuf_iterator<char>());
  EXPECT_THAT(xml, HasSubstr("failures=\"1\""));
  std::ifstream sarif_file(name + ".sarif");
  const nlohmann::json sarif = nlohmann::json::parse(sarif_file);
  EXPECT_EQ(sarif["runs"][0]["results"][0]["ruleId"], "deadlock");
  unlink((name + ".xml").c_str());
  unlink((name + ".sarif").c_str());
  const RunResult nowhere =
      Stress({"--runs", "1", "--junit", "/no/such/place/x.xml", "--", PLANTED_BIN, "clean"});
  EXPECT_EQ(nowhere.exit_code, kCouldNotRun);
  EXPECT_THAT(nowhere.output, HasSubstr("cannot write /no/such/place/x.xml"));
}

}  // namespace
}  // namespace muster::stress
