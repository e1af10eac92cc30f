// muster-stress itself, run on a planted program. Its data races are in races_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/muster-stress/stress.h"
#include "tools/muster-stress/command_line.h"
#include "tools/muster-stress/runner.h"

namespace muster::stress {
namespace {

using ::testing::HasSubstr;

TEST(Stress, WarnsOfAProgramWithoutTsan) {
  const RunResult result = Stress({"--runs", "1", "--seed", "1", "--", "true"});
  EXPECT_EQ(result.exit_code, kClean);
  EXPECT_THAT(result.output, HasSubstr("warning: "));
  EXPECT_THAT(result.output, HasSubstr("was not built with TSan"));
}

TEST(Stress, GivesEachRunItsOwnSeed) {
  const RunResult result =
      Stress({"--runs", "5", "--seed", "10", "--json", "--", PLANTED_BIN, "exit-on-seed-12"});
  EXPECT_EQ(result.exit_code, kFindings);
  const nlohmann::json json =
      nlohmann::json::parse(result.output.substr(result.output.find("{\n")));
  ASSERT_EQ(json["findings"].size(), 1U);
  EXPECT_EQ(json["findings"][0]["kind"], "exit");
  EXPECT_EQ(json["findings"][0]["title"], "exit code 3");
  EXPECT_EQ(json["findings"][0]["first_seed"], 12);
  EXPECT_EQ(json["findings"][0]["runs"], 1);
  EXPECT_EQ(json["clean_runs"], 4);
}

TEST(Stress, ReportsDeadlocksCrashesAndTimeOuts) {
  const RunResult asleep = Stress({"--runs", "3", "--", PLANTED_BIN, "asleep"});
  EXPECT_EQ(asleep.exit_code, kFindings);
  EXPECT_THAT(asleep.output, HasSubstr("deadlock: all goroutines are asleep - deadlock!\n"));
  EXPECT_THAT(asleep.output, HasSubstr("in 3 of 3 runs"));

  const RunResult crash = Stress({"--runs", "1", "--", PLANTED_BIN, "crash"});
  EXPECT_EQ(crash.exit_code, kFindings);
  EXPECT_THAT(crash.output, HasSubstr("crash: ended by a signal: Aborted"));
  EXPECT_THAT(crash.output, HasSubstr("| about to crash"));

  // Under TSan on a busy machine a program may need a second to start.
  const RunResult hang = Stress({"--runs", "1", "--timeout", "5", "--", PLANTED_BIN, "hang"});
  EXPECT_EQ(hang.exit_code, kFindings);
  EXPECT_THAT(hang.output, HasSubstr("time-out: did not end in time and was killed"));
  EXPECT_THAT(hang.output, HasSubstr("| hanging"));
}

TEST(Stress, SaysThatTsanCannotStartHere) {
  const RunResult result = Stress({"--runs", "3", "--", PLANTED_BIN, "tsan-cannot-start"});
  EXPECT_EQ(result.exit_code, kCouldNotRun);
  EXPECT_THAT(result.output, HasSubstr("exit code 66 without a report"));
  EXPECT_THAT(result.output, HasSubstr("vm.mmap_rnd_bits"));
}

TEST(Stress, RefusesAProgramThatIsNotThere) {
  const RunResult result = Stress({"--", "/no/such/test"});
  EXPECT_EQ(result.exit_code, kUsage);
  EXPECT_EQ(result.output, "muster-stress: cannot run /no/such/test: No such file or directory\n");
}

TEST(Stress, SaysThatAFileIsNoProgram) {
  const std::string path = ::testing::TempDir() + "no_program_" + std::to_string(getpid());
  const std::atomic<bool> go_on{false};
  RunOnce({.command = {"/bin/sh", "-c", "printf '\\001\\002' > " + path + "; chmod +x " + path},
           .environment = {},
           .timeout = {}},
          go_on);
  const RunResult result = Stress({"--runs", "1", "--", path});
  EXPECT_EQ(result.exit_code, kCouldNotRun);
  EXPECT_THAT(result.output, HasSubstr("cannot start"));
  unlink(path.c_str());
}

}  // namespace
}  // namespace muster::stress
