// Every bad input: its exit code, exactly one line on stderr, and nothing on stdout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::HasSubstr;

// The pid of a process that has ended and was waited for.
int DeadPid() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  return pid;
}

// A socket's file whose listener is gone.
std::string StaleSocket(const TemporaryDirectory& directory) {
  const std::string path = directory / "1.sock";
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  EXPECT_EQ(listen(fd, 1), 0);
  close(fd);
  return path;
}

struct BadInput {
  const char* name;
  std::function<std::vector<std::string>(const TemporaryDirectory&)> arguments;
  int exit_code;
  const char* says;
};

const BadInput kBadInputs[] = {
    {"MissingFile",
     [](const TemporaryDirectory& d) { return std::vector<std::string>{d / "none.txt"}; }, 3,
     "no such file"},
    {"EmptyFile",
     [](const TemporaryDirectory& d) { return std::vector<std::string>{d.Write("e.txt", "")}; }, 2,
     "e.txt"},
    {"Garbage",
     [](const TemporaryDirectory& d) {
       return std::vector<std::string>{d.Write("g.bin", std::string("\x01\xff\x00lorem\n", 9))};
     },
     2, "g.bin"},
    {"Directory", [](const TemporaryDirectory& d) { return std::vector<std::string>{d.path()}; }, 2,
     "is a directory"},
    {"DeadPid",
     [](const TemporaryDirectory&) { return std::vector<std::string>{std::to_string(DeadPid())}; },
     3, "no process has the id"},
    {"ProcessThatIsNotMuster",
     [](const TemporaryDirectory&) { return std::vector<std::string>{std::to_string(getpid())}; },
     3, "has no socket"},
    {"StaleSocket",
     [](const TemporaryDirectory& d) { return std::vector<std::string>{StaleSocket(d)}; }, 3,
     "nobody listens"},
    {"StaleSocketByUnixUrl",
     [](const TemporaryDirectory& d) { return std::vector<std::string>{"unix:" + StaleSocket(d)}; },
     3, "nobody listens"},
    {"HttpRefused",
     [](const TemporaryDirectory&) { return std::vector<std::string>{"http://127.0.0.1:1"}; }, 3,
     "127.0.0.1:1"},
    {"OtherScheme",
     [](const TemporaryDirectory&) { return std::vector<std::string>{"https://127.0.0.1"}; }, 2,
     "only http://"},
    {"UnknownFlag",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"--frobnicate", "x"};
     },
     2, "--frobnicate"},
    {"UnknownFormat",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"--format=xml", "x"};
     },
     2, "xml is not one of grouped, json, proto, text1, text2, wire"},
    {"UnknownColor",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"--color=red", "x"};
     },
     2, "red is not one of always, auto, never"},
    {"NoTarget", [](const TemporaryDirectory&) { return std::vector<std::string>{}; }, 2,
     "no TARGET"},
    {"TwoTargets",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"a", "b"};
     },
     2, "b"},
    {"CheckWithoutTarget",
     [](const TemporaryDirectory&) { return std::vector<std::string>{"check"}; }, 2, "TARGET"},
    {"CheckUnknownCertainty",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"check", "--min-certainty=sure", "x"};
     },
     2, "sure is not one of certain, proven, suspected"},
    {"CheckLabelWithoutValue",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"check", "--ended-label", "test", "x"};
     },
     2, "KEY=VALUE"},
    {"OptionBeforeVerb",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"--color=never", "check", "x"};
     },
     2, "after the verb"},
    {"CheckMissingFile",
     [](const TemporaryDirectory& d) {
       return std::vector<std::string>{"check", d / "none.txt"};
     },
     3, "no such file"},
    {"CheckGarbage",
     [](const TemporaryDirectory& d) {
       return std::vector<std::string>{"check", d.Write("g.txt", "lorem ipsum\n")};
     },
     2, "g.txt"},
    {"PsWithArgument",
     [](const TemporaryDirectory&) {
       return std::vector<std::string>{"ps", "x"};
     },
     2, "x"},
    {"OutputInMissingDirectory",
     [](const TemporaryDirectory& d) {
       return std::vector<std::string>{d.Write("ok.txt", kHealthyDump), "-o", d / "no/out.txt"};
     },
     2, "no/out.txt"},
    {"OutputIsDirectory",
     [](const TemporaryDirectory& d) {
       return std::vector<std::string>{d.Write("ok.txt", kHealthyDump), "-o", d.path()};
     },
     2, "choose another -o FILE"},
    {"OutputIsFull",
     [](const TemporaryDirectory& d) {
       return std::vector<std::string>{d.Write("ok.txt", kHealthyDump), "-o", "/dev/full"};
     },
     2, "/dev/full"},
};

class GprofDumpBadInput : public ::testing::TestWithParam<BadInput> {};

TEST_P(GprofDumpBadInput, IsOneLineAndItsExitCode) {
  const TemporaryDirectory directory;
  const RunResult result = GprofDump(GetParam().arguments(directory));
  EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("gprof-dump: "));
  EXPECT_THAT(result.err, HasSubstr(GetParam().says));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

INSTANTIATE_TEST_SUITE_P(Table, GprofDumpBadInput, ::testing::ValuesIn(kBadInputs),
                         [](const auto& test) { return test.param.name; });

TEST(GprofDumpBadInput, FileOfAnotherUserIsUnreachable) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become another user";
  constexpr uid_t kNobody = 65534;
  const TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0755);
  const std::string dump = directory.Write("secret.txt", kHealthyDump);
  chmod(dump.c_str(), 0600);
  // The tree may lie where nobody else may look, in /root for one.
  const std::string program = directory.path() + "/gprof-dump";
  std::filesystem::copy_file(GPROF_DUMP, program);
  chmod(program.c_str(), 0755);
  const RunResult result = RunProcess({program, dump}, {.uid = kNobody});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("Permission denied"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST(GprofDumpBadInput, EmptyStandardInputIsBadInput) {
  const RunResult result = GprofDump({"-"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST(GprofDumpBadInput, FailureLeavesTheOldOutputAlone) {
  const TemporaryDirectory directory;
  const std::string out = directory.Write("out.txt", "before");
  EXPECT_EQ(GprofDump({directory / "none.txt", "-o", out}).exit_code, 3);
  EXPECT_EQ(ReadFile(out), "before");
}

}  // namespace
}  // namespace muster::testing
