// The table of testdata/apps: the broken programs are flagged, the healthy ones are not, by the
// same command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

#include "testdata/apps/served_app.h"
#include "tools/muster-stress/runner.h"

namespace {

using apps::ServedApp;
using muster::stress::RunOnce;
using muster::stress::RunResult;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

constexpr int kNeverEnds = -1;

struct Row {
  const char* name;
  int exit_code;       // of an ordinary run; kNeverEnds: it has to be ended
  const char* prints;  // that run, among other things
  // What gprof-dump check says of the served program, each among other things; empty: it is clean.
  std::vector<const char*> findings;
};

constexpr char kAsleep[] = "fatal error: all goroutines are asleep - deadlock!";

const Row kTable[] = {
    {"hello_goroutines", 0, "hello from Ada", {}},
    {"worker_pool", 0, "3 workers did 10 jobs, sum 385", {}},
    {"fan_in", 0, "12 readings, sum 258", {}},
    {"fan_out", 0, "130 letters", {}},
    {"pipeline", 0, "sum of the even squares up to 100: 171700", {}},
    {"context_cancel", 0, "sum of the first five: 15; context canceled", {}},
    {"context_timeout", 0, "gave up: context deadline exceeded", {}},

    {"receiver_without_sender", 0, "", {"outlives-test", "receiver_without_sender.cc:"}},
    {"receiver_with_sender", 0, "", {}},
    {"lock_order_deadlock", 2, kAsleep, {"lock-cycle", "lock_order_deadlock.cc:"}},
    {"lock_order_fixed", 0, "ann 100, bob 100", {}},
    {"unbounded_spawner", 0, "accepted 5000 requests", {"outlives-test", "4900"}},
    {"bounded_spawner", 0, "refused some: yes", {}},
    {"all_asleep", 2, kAsleep, {"all_asleep.cc:"}},
    {"all_asleep_fixed", 0, "serving one soup", {}},
    {"self_deadlock", 2, kAsleep, {"self-deadlock", "self_deadlock.cc:"}},
    {"self_deadlock_fixed", 0, "balance 10\nbalance 10\n", {}},
    {"nil_channel", 0, "", {"blocked-forever", "nil_channel.cc:"}},
    {"nil_channel_fixed", 0, "log: request served", {}},

    {"sender_after_timeout", 0, "no answer in time", {"outlives-test", "sender_after_timeout.cc:"}},
    {"sender_with_room", 0, "no answer in time", {}},
    {"missing_done", 2, kAsleep, {"outlives-test", "missing_done.cc:"}},
    {"missing_done_fixed", 0, "all imported", {}},
    {"lock_and_channel", 2, kAsleep, {"outlives-test", "lock_and_channel.cc:"}},
    {"lock_and_channel_fixed", 0, "stock 0", {}},
    {"send_on_closed_fixed", 0, "sum 36", {}},
    {"forgotten_cancel", 0, "change 1", {"outlives-test", "forgotten_cancel.cc:"}},
    {"forgotten_cancel_fixed", 0, "change 1", {}},
    {"waiting_destructor", 2, kAsleep, {"outlives-test", "waiting_destructor.cc:"}},
    {"waiting_destructor_fixed", 0, "job 1", {}},

    // What is wrong is what they print; no goroutine is left.
    {"add_inside", 0, "did 0 of 3 parts", {}},
    {"add_before", 0, "did 3 of 3 parts", {}},
    {"thread_local_identity", 0, "some were taken for others: yes", {}},
    {"thread_local_identity_fixed", 0, "some were taken for others: no", {}},

    // They keep the only P and their thread; SIGQUIT's report is what an ordinary run prints.
    {"blocking_call",
     kNeverEnds,
     "goroutine 1 [running]",
     {"without giving way", "blocking_call.cc:"}},
    {"blocking_region", 0, "answered", {}},
    {"std_mutex_across_wait",
     kNeverEnds,
     "goroutine 1 [running]",
     {"without giving way", "std_mutex_across_wait.cc:"}},
    {"muster_mutex_across_wait", 0, "the price is 7", {}},

    // Their bug is a data race, of which no goroutine is left: apps_race_test judges them.
    {"racy_counter", 0, "of 10000", {}},
    {"mutex_counter", 0, "counted 10000 of 10000", {}},
    {"captured_loop_variable", 0, "saw ", {}},
    {"captured_by_value", 0, "saw 5 numbers, sum 10", {}},
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

RunResult RunCommand(std::vector<std::string> command) {
  const std::atomic<bool> go_on{false};
  return RunOnce({.command = std::move(command), .environment = {}, .timeout = {}}, go_on);
}

std::string Path(const std::string& name) { return std::string(APPS_DIR) + "/" + name; }

// The programs' sockets go into a directory that no other test looks at.
class PrivateSockets : public ::testing::Environment {
 public:
  void SetUp() override {
    std::string directory = ::testing::TempDir() + "apps-XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    setenv("XDG_RUNTIME_DIR", directory.c_str(), 1);
    directory_ = directory;
  }
  void TearDown() override { RunCommand({"rm", "-rf", directory_}); }

 private:
  std::string directory_;
};
const ::testing::Environment* const kSockets =
    ::testing::AddGlobalTestEnvironment(new PrivateSockets);

std::string RowName(const ::testing::TestParamInfo<Row>& info) { return info.param.name; }

class Apps : public ::testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(Table, Apps, ValuesIn(kTable), RowName);

TEST_P(Apps, RunToTheirEnd) {
  const bool ends = GetParam().exit_code != kNeverEnds;
  const std::atomic<bool> go_on{false};
  const RunResult result = RunOnce({.command = {Path(GetParam().name)},
                                    .environment = {},
                                    .timeout = std::chrono::milliseconds(ends ? 0 : 2000),
                                    .patience = std::chrono::milliseconds(60'000)},
                                   go_on);
  EXPECT_EQ(result.timed_out, !ends);
  if (ends) {
    EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.output;
  }
  EXPECT_THAT(result.output, HasSubstr(GetParam().prints));
}

bool HasAll(const RunResult& result, const std::vector<const char*>& parts) {
  return std::all_of(parts.begin(), parts.end(), [&](const char* part) {
    return result.output.find(part) != std::string::npos;
  });
}

// Checks again while something expected is missing: who waits for whom is judged only once the
// waits have lasted a while (AnalyzeOptions::settled_ns).
RunResult Check(const ServedApp& app, const std::string& ended_label,
                const std::vector<const char*>& expected) {
  RunResult result;
  for (int i = 0; i < 20; ++i) {
    result = RunCommand(
        {GPROF_DUMP, "check", "--ended-label=" + ended_label, std::to_string(app.pid())});
    if (HasAll(result, expected)) break;
  }
  return result;
}

TEST_P(Apps, AreJudgedByGprofDumpCheck) {
  ServedApp app(Path(GetParam().name));
  ASSERT_TRUE(app.ready()) << app.output();
  const RunResult check = Check(app, "app=" + std::string(GetParam().name), GetParam().findings);
  EXPECT_EQ(check.exit_code, GetParam().findings.empty() ? 0 : 1) << check.output;
  EXPECT_TRUE(HasAll(check, GetParam().findings)) << check.output;
  const int status = app.Stop();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(AppsApart, HundredThousandGoroutinesFitIntoOneGibibyte) {
  const RunResult result = RunCommand({Path("hundred_thousand")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("100000 parked"));
}

TEST(AppsApart, LeakyServiceHasOneLeakAndOneDeadlock) {
  ServedApp app(Path("leaky_service"));
  ASSERT_TRUE(app.ready()) << app.output();
  const std::vector<const char*> expected = {"outlives-test", "PriceOf", "lock-cycle", "Transfer",
                                             "leaky_service.cc:"};
  const RunResult check = Check(app, "batch=morning", expected);
  EXPECT_EQ(check.exit_code, 1) << check.output;
  EXPECT_TRUE(HasAll(check, expected)) << check.output;
  app.Stop();
}

TEST(AppsApart, SendOnClosedNamesWhoMadeAndWhoClosedTheChannel) {
  const RunResult result = RunCommand({Path("send_on_closed")});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("panic: send on closed channel"));
  EXPECT_THAT(result.output, HasSubstr(", made by goroutine 1\n"));
  EXPECT_THAT(result.output, HasSubstr(" closed it:\n"));
  EXPECT_THAT(result.output, HasSubstr("send_on_closed.cc:"));
}

TEST(AppsApart, RefuseWhatTheyDoNotKnow) {
  const RunResult result = RunCommand({Path("hello_goroutines"), "--sreve"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.output, "usage: hello_goroutines [--serve]\n");
}

}  // namespace
