// What keeps musterd from starting: exit code 2 and one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tools/musterd/daemon.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

RunResult Musterd(std::vector<std::string> arguments, const TemporaryDirectory& directory) {
  arguments.insert(arguments.begin(), MUSTERD);
  RunOptions options;
  options.env = SocketsIn(directory);
  options.env["XDG_STATE_HOME"] = directory.path();
  return RunProcess(arguments, options);
}

void ExpectRefused(const RunResult& result, const std::string& says) {
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(StartsWith("musterd: "), HasSubstr(says)));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST(MusterdUsage, AddressesThatOthersCouldReachAreRefused) {
  const TemporaryDirectory directory;
  for (const char* address : {"0.0.0.0:9157", "192.168.0.1:80", "[::]:80", ":9157", "9157",
                              "localhost:9157", "tcp://127.0.0.1:1"}) {
    ExpectRefused(Musterd({"--listen", address}, directory), "only unix:PATH and 127.0.0.1:PORT");
  }
}

TEST(MusterdUsage, BadPortsAreRefused) {
  const TemporaryDirectory directory;
  for (const char* address : {"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1"}) {
    ExpectRefused(Musterd({"--listen", address}, directory), "the port is a number");
  }
}

TEST(MusterdUsage, BadDurationsAndSizesAreRefused) {
  const TemporaryDirectory directory;
  ExpectRefused(Musterd({"--interval", "soon"}, directory), "--interval=soon is no duration");
  ExpectRefused(Musterd({"--interval", "0s"}, directory), "at least 100ms");
  ExpectRefused(Musterd({"--timeout", "-1s"}, directory), "at least 100ms");
  ExpectRefused(Musterd({"--keep-age", "1s"}, directory), "at least 1m");
  ExpectRefused(Musterd({"--keep-bytes", "1KiB"}, directory), "at least 1MiB");
  ExpectRefused(Musterd({"--keep-bytes", "much"}, directory), "much");
  ExpectRefused(Musterd({"--frobnicate"}, directory), "--frobnicate");
}

TEST(MusterdUsage, SecondDaemonOnOneHistoryIsToldTheFirst) {
  const TemporaryDirectory directory;
  Daemon first(directory);
  ExpectRefused(Musterd({"--db", directory / "musterd.db", "--listen", "127.0.0.1:0"}, directory),
                "is in use by process " + std::to_string(first.process().pid()));
}

TEST(MusterdUsage, SecondDaemonOnOneSocketIsRefused) {
  const TemporaryDirectory directory;
  const std::string address = "unix:" + (directory / "m.sock");
  const Daemon first(directory, {}, address);
  ExpectRefused(Musterd({"--db", directory / "other.db", "--listen", address}, directory),
                "m.sock: another process answers there");
}

TEST(MusterdUsage, DamagedHistoryIsRefused) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("bad.db", std::string(10000, 'x'));
  ExpectRefused(Musterd({"--db", path}, directory), "is damaged or no SQLite database");
}

TEST(MusterdUsage, HistoryBelowAFileIsRefused) {
  const TemporaryDirectory directory;
  const std::string file = directory.Write("file", "");
  ExpectRefused(Musterd({"--db", file + "/musterd.db"}, directory), "give another --db");
}

TEST(MusterdUsage, HelpAndVersion) {
  const TemporaryDirectory directory;
  const RunResult help = Musterd({"--help"}, directory);
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--keep-bytes"), HasSubstr("Exit codes")));
  const RunResult version = Musterd({"--version"}, directory);
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, StartsWith("musterd "));
}

}  // namespace
}  // namespace muster::testing
