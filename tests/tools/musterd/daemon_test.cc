// musterd watching live processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/musterd/daemon.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class MusterdTest : public ::testing::Test {
 protected:
  Background Start(const std::string& mode) {
    return Background({LIVE_PROGRAM, mode}, SocketsIn(directory_));
  }
  static std::string Pid(const Background& program) { return std::to_string(program.pid()); }
  // The target of this pid in /targets; null when it is not there.
  static Json Target(const Daemon& daemon, int pid) {
    const Json json = Json::parse(daemon.Get("/targets"));
    for (const Json& target : json["targets"]) {
      if (target["pid"] == pid) return target;
    }
    return nullptr;
  }

  TemporaryDirectory directory_;
};

TEST_F(MusterdTest, DiscoversProcessesWithTheirGoroutines) {
  Background program = Start("healthy");
  ASSERT_NE(program.ReadUntil("ready"), "");
  const Daemon daemon(directory_);
  daemon.Await("/targets", "last_poll");
  daemon.AwaitRound();
  const Json target = Target(daemon, program.pid());
  EXPECT_EQ(target["up"], true) << target;
  EXPECT_EQ(target["last_poll"]["states"]["chan receive"], 3) << target;
  EXPECT_THAT(daemon.Get("/metrics"),
              AllOf(HasSubstr("pid=\"" + Pid(program) + "\",state=\"chan receive\"} 3"),
                    HasSubstr("musterd_targets 1\n")));
}

TEST_F(MusterdTest, FindsThePlantedDeadlockAndNotTheHealthyTwin) {
  Background deadlock = Start("deadlock");
  Background healthy = Start("healthy");
  ASSERT_NE(deadlock.ReadUntil("ready"), "");
  ASSERT_NE(healthy.ReadUntil("ready"), "");
  const Daemon daemon(directory_);
  // Waits must have lasted a while before they are judged (AnalyzeOptions::settled_ns).
  const Json findings = Json::parse(daemon.Await("/findings", "LockBoth"))["findings"];
  for (const Json& finding : findings) EXPECT_EQ(finding["pid"], deadlock.pid()) << finding;
  EXPECT_THAT(findings[0]["report"].get<std::string>(), HasSubstr("LockBoth"));
  EXPECT_THAT(daemon.Get("/metrics"), HasSubstr("muster_findings{certainty="));
}

TEST_F(MusterdTest, FindingStaysOneOverManyPollsAndIsResolvedWhenTheProcessEnds) {
  Background program = Start("stuck");
  ASSERT_NE(program.ReadUntil("ready"), "");
  const Daemon daemon(directory_);
  daemon.AwaitRound();
  daemon.AwaitRound();
  const Json open = Json::parse(daemon.Get("/findings?state=all"))["findings"];
  ASSERT_EQ(open.size(), 1u) << open;
  EXPECT_LT(open[0]["first_seen"], open[0]["last_seen"]);
  program.Signal(SIGKILL);
  program.Wait();
  daemon.AwaitRound();
  const Json resolved = Json::parse(daemon.Get("/findings?state=resolved"))["findings"];
  ASSERT_EQ(resolved.size(), 1u);
  EXPECT_EQ(resolved[0]["resolution"], "process ended");
  EXPECT_EQ(Target(daemon, program.pid())["up"], false);
  EXPECT_THAT(daemon.Get("/metrics"), HasSubstr("pid=\"" + Pid(program) + "\"} 0\n"));
}

TEST_F(MusterdTest, ProcessThatStartsLaterIsFound) {
  const Daemon daemon(directory_);
  EXPECT_EQ(Json::parse(daemon.Get("/targets"))["targets"].size(), 0u);
  Background program = Start("healthy");
  ASSERT_NE(program.ReadUntil("ready"), "");
  daemon.AwaitRound();
  EXPECT_EQ(Target(daemon, program.pid())["up"], true);
}

TEST_F(MusterdTest, StoppedProcessCountsAsAnErrorAndOthersArePolled) {
  Background stopped = Start("healthy");
  Background healthy = Start("healthy");
  ASSERT_NE(stopped.ReadUntil("ready"), "");
  ASSERT_NE(healthy.ReadUntil("ready"), "");
  stopped.Signal(SIGSTOP);
  Daemon daemon(directory_, {"--timeout", "300ms"});
  daemon.Await("/history?pid=" + Pid(stopped), "no answer within 300ms");
  do {
    daemon.AwaitRound();  // on a busy machine the other may now and then be late, too
  } while (Target(daemon, healthy.pid())["last_poll"].count("error") != 0);
  EXPECT_THAT(daemon.Get("/metrics"),
              Not(HasSubstr("muster_poll_errors_total{command=\"muster_test_live\",pid=\"" +
                            Pid(stopped) + "\"} 0\n")));
  // The end does not wait for it either.
  daemon.process().Signal(SIGTERM);
  EXPECT_EQ(daemon.process().Wait(), 0);
}

TEST_F(MusterdTest, HistoryOutlivesTheDaemon) {
  Background program = Start("stuck");
  ASSERT_NE(program.ReadUntil("ready"), "");
  {
    Daemon daemon(directory_);
    daemon.AwaitRound();
    daemon.process().Signal(SIGINT);
    EXPECT_EQ(daemon.process().Wait(), 0);
  }
  program.Signal(SIGKILL);
  program.Wait();
  const Daemon daemon(directory_);
  daemon.AwaitRound();
  const Json findings = Json::parse(daemon.Get("/findings?state=all"))["findings"];
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0]["resolution"], "process ended");
}

TEST_F(MusterdTest, UnixSocketIsForItsUserAndGoesWithTheDaemon) {
  const std::string socket = directory_ / "m.sock";
  Daemon daemon(directory_, {}, "unix:" + socket);
  EXPECT_EQ(daemon.Get("/healthz"), "ok\n");
  struct stat info {};
  ASSERT_EQ(stat(socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  daemon.process().Signal(SIGTERM);
  EXPECT_EQ(daemon.process().Wait(), 0);
  EXPECT_NE(stat(socket.c_str(), &info), 0);
}

TEST_F(MusterdTest, HistoryIsForItsUserOnly) {
  const Daemon daemon(directory_);
  for (const char* name : {"musterd.db", "musterd.db-wal", "musterd.db.lock"}) {
    struct stat info {};
    ASSERT_EQ(stat((directory_ / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(MusterdTest, UnknownPathsAndBadParametersAreRefused) {
  const Daemon daemon(directory_);
  EXPECT_EQ(daemon.Status("/nothing"), 404u);
  EXPECT_EQ(daemon.Status("/findings?limit=none"), 400u);
  EXPECT_EQ(daemon.Status("/history"), 400u);
}

}  // namespace
}  // namespace muster::testing
