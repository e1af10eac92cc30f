#include "tools/muster-stress/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace muster::stress {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

const std::atomic<bool> kGoOn{false};

RunResult RunShell(const std::string& script, milliseconds timeout = milliseconds(0)) {
  return RunOnce({.command = {"/bin/sh", "-c", script}, .environment = {}, .timeout = timeout},
                 kGoOn);
}

TEST(Runner, CollectsBothStreamsInOrderAndTheExitCode) {
  const RunResult result = RunShell("echo one; echo two >&2; echo three; exit 7");
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.signal, 0);
  EXPECT_FALSE(result.timed_out);
}

TEST(Runner, PutsItsVariablesOverTheInheritedOnes) {
  setenv("MUSTER_SEED", "1", 1);
  const RunResult result = RunOnce(
      {.command = {"/bin/sh", "-c", "echo $MUSTER_SEED $HOME_OF_NOBODY; env | grep -c MUSTER_SEED"},
       .environment = {{"MUSTER_SEED", "42"}, {"HOME_OF_NOBODY", "a=b"}},
       .timeout = milliseconds(0)},
      kGoOn);
  EXPECT_EQ(result.output, "42 a=b\n1\n");
}

TEST(Runner, TellsTheSignalThatEndedIt) { EXPECT_EQ(RunShell("kill -SEGV $$").signal, SIGSEGV); }

TEST(Runner, KillsARunThatDoesNotEndAndKeepsWhatItSaid) {
  const RunResult result = RunShell("echo here; sleep 1000", milliseconds(2000));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, -1);
  EXPECT_EQ(result.output, "here\n");
}

TEST(Runner, IsNotHeldUpByAGrandchildThatKeepsTheOutputOpen) {
  const RunResult result = RunShell("sleep 1000 & echo done");
  EXPECT_EQ(result.output, "done\n");
  EXPECT_EQ(result.exit_code, 0);
}

TEST(Runner, StopsWhenAskedTo) {
  const std::atomic<bool> stop{true};
  const RunResult result = RunOnce(
      {.command = {"/bin/sleep", "1000"}, .environment = {}, .timeout = milliseconds(0)}, stop);
  EXPECT_TRUE(result.interrupted);
  EXPECT_FALSE(result.timed_out);
}

TEST(Runner, SaysWhyAProgramCannotBeStarted) {
  const RunResult result =
      RunOnce({.command = {"/no/such/program"}, .environment = {}, .timeout = {}}, kGoOn);
  EXPECT_EQ(result.start_error, "No such file or directory");
}

TEST(Runner, KeepsBothEndsOfALongOutputAndCountsTheRest) {
  const RunResult result = RunShell("echo first; head -c 20000000 /dev/zero; echo last");
  EXPECT_LT(result.output.size(), kMaxOutput + 1000);
  EXPECT_EQ(result.output.substr(0, 6), "first\n");
  EXPECT_EQ(result.output.substr(result.output.size() - 5), "last\n");
  EXPECT_EQ(result.output_left_out, 20000000 + 11 - kMaxOutput);
  EXPECT_THAT(result.output, HasSubstr("bytes left out"));
}

}  // namespace
}  // namespace muster::stress
