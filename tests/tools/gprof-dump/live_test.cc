// gprof-dump on a live process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// Sockets go to a directory of the test's own, so that other Muster programs are not seen.
class GprofDumpLive : public ::testing::Test {
 protected:
  std::map<std::string, std::string> Env() const {
    return {{"XDG_RUNTIME_DIR", directory_.path()}, {"MUSTER_ENDPOINT", ""}};
  }
  RunResult Tool(const std::vector<std::string>& arguments) const {
    return GprofDump(arguments, {.env = Env()});
  }

  TemporaryDirectory directory_;
};

TEST_F(GprofDumpLive, PsSaysWhenThereIsNone) {
  const RunResult result = Tool({"ps"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("no Muster process"), HasSubstr(directory_.path())));
}

TEST_F(GprofDumpLive, PsListsProcessWithGoroutinesAndSocket) {
  Background program({LIVE_PROGRAM, "healthy"}, Env());
  ASSERT_NE(program.ReadUntil("ready"), "");
  const std::string pid = std::to_string(program.pid());
  const RunResult result = Tool({"ps"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("PID  COMMAND"));
  EXPECT_THAT(result.out, ContainsRegex(pid + "  muster_test_liv[^ ]* +[0-9]+  " +
                                        directory_.path() + "/muster/" + pid + ".sock"));
}

TEST_F(GprofDumpLive, DumpOfPidNamesFunctionsFilesAndCreators) {
  Background program({LIVE_PROGRAM, "stuck"}, Env());
  ASSERT_NE(program.ReadUntil("ready"), "");
  const RunResult result = Tool({std::to_string(program.pid()), "-format=text2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("[chan receive (nil chan)]"), HasSubstr("ReceiveFromNobody"),
                    HasSubstr("live.cc:"), ContainsRegex("created by .*StartStuck")));
}

TEST_F(GprofDumpLive, CheckFindsThePlantedBugAndNotTheHealthyTwin) {
  Background stuck({LIVE_PROGRAM, "stuck"}, Env());
  Background healthy({LIVE_PROGRAM, "healthy"}, Env());
  ASSERT_NE(stuck.ReadUntil("ready"), "");
  ASSERT_NE(healthy.ReadUntil("ready"), "");
  const RunResult bug = Tool({"check", std::to_string(stuck.pid())});
  EXPECT_EQ(bug.exit_code, 1) << bug.out << bug.err;
  EXPECT_THAT(bug.out, AllOf(HasSubstr("ReceiveFromNobody"), HasSubstr("StartStuck")));
  const RunResult twin = Tool({"check", std::to_string(healthy.pid())});
  EXPECT_EQ(twin.exit_code, 0) << twin.out << twin.err;
}

TEST_F(GprofDumpLive, CheckFindsWhoDoesNotGiveWayAndNotWhoDoes) {
  auto env = Env();
  env["MUSTER_PROCS"] = "3";
  Background program({LIVE_PROGRAM, "hog"}, env);
  ASSERT_NE(program.ReadUntil("ready"), "");
  const std::string pid = std::to_string(program.pid());
  // Not at once: it becomes a hog with time, and on a busy machine the other may be kept from
  // giving way for as long by what else runs there.
  RunResult check;
  do {
    check = Tool({"check", pid});
  } while (check.exit_code == 0 || check.out.find("GiveWayForEver") != std::string::npos);
  EXPECT_EQ(check.exit_code, 1) << check.err;
  EXPECT_THAT(check.out, AllOf(HasSubstr("suspected | hog | 1 goroutine runs without giving way"),
                               HasSubstr("ComputeForEver")));
  EXPECT_THAT(Tool({pid}).out,
              ContainsRegex("1 goroutine \\[running\\], for .* without giving way\n"
                            "  goroutine [0-9]+\n.*ComputeForEver"));
  EXPECT_THAT(Tool({pid, "--format=json"}).out, HasSubstr("\"running_ns\""));
}

TEST_F(GprofDumpLive, LeaksProvesWhatNothingCanWakeAndSparesTheHealthyTwin) {
  Background leaky({LIVE_PROGRAM, "leaky"}, Env());
  Background healthy({LIVE_PROGRAM, "healthy"}, Env());
  ASSERT_NE(leaky.ReadUntil("ready"), "");
  ASSERT_NE(healthy.ReadUntil("ready"), "");
  const RunResult bug = Tool({"leaks", "--prove", std::to_string(leaky.pid())});
  EXPECT_EQ(bug.exit_code, 1) << bug.out << bug.err;
  EXPECT_THAT(bug.out, AllOf(HasSubstr("proven | unreachable"), HasSubstr("SendToNobody")));
  const RunResult twin = Tool({"leaks", "--prove", std::to_string(healthy.pid())});
  EXPECT_EQ(twin.exit_code, 0) << twin.out << twin.err;
}

TEST_F(GprofDumpLive, LeaksWarnsWhenADumpCannotBeSearched) {
  const TemporaryDirectory files;
  Background program({LIVE_PROGRAM, "healthy"}, Env());
  ASSERT_NE(program.ReadUntil("ready"), "");
  const std::string file = files / "dump.json";
  ASSERT_EQ(Tool({std::to_string(program.pid()), "-format=json", "-o", file}).exit_code, 0);
  const RunResult result = Tool({"leaks", "--prove", file});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("memory was not searched"));
}

TEST_F(GprofDumpLive, SocketPathAndUnixUrlReachTheSameProcess) {
  Background program({LIVE_PROGRAM, "healthy"}, Env());
  ASSERT_NE(program.ReadUntil("ready"), "");
  const std::string socket = directory_ / ("muster/" + std::to_string(program.pid()) + ".sock");
  EXPECT_THAT(Tool({socket, "-format=text2"}).out, HasSubstr("live.cc:"));
  EXPECT_THAT(Tool({"unix:" + socket, "-format=text2"}).out, HasSubstr("live.cc:"));
}

TEST_F(GprofDumpLive, EndedProcessIsNotListed) {
  Background program({LIVE_PROGRAM, "healthy"}, Env());
  ASSERT_NE(program.ReadUntil("ready"), "");
  program.Signal(SIGKILL);
  program.Wait();
  EXPECT_THAT(Tool({"ps"}).out, Not(HasSubstr(std::to_string(program.pid()) + "  ")));
}

}  // namespace
}  // namespace muster::testing
