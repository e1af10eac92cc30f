// gprof-dump on a live Go program.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/interop/clients.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Builds the Go program and returns its path. Test cases run at the same time in processes of their
// own: one builds, the others wait and find it done.
std::string GoServerBinary() {
  std::filesystem::create_directories(GO_BUILD);
  const int lock = open(GO_BUILD "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(flock(lock, LOCK_EX), 0);
  const RunResult built = Go({"build", "-o", GO_BUILD "/goserver", "."});
  close(lock);
  EXPECT_EQ(built.exit_code, 0) << built.err;
  return GO_BUILD "/goserver";
}

class GoServer : public ::testing::Test {
 protected:
  void Start(const std::string& mode = "") {
    server_ = std::make_unique<Background>(std::vector<std::string>{GoServerBinary(), mode});
    const std::string line = server_->ReadUntil("listening on ");
    ASSERT_NE(line, "");
    url_ = "http://" + line.substr(std::string("listening on ").size());
  }

  RunResult GprofDump(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), GPROF_DUMP);
    return RunProcess(arguments);
  }

  // gprof-dump's total for a target, and the bounds that Go gives for the last served profile.
  struct Totals {
    int ours = -1;
    int before = -1;
    int after = -1;
  };
  Totals Compare(const std::string& target, const std::string& debug) {
    Totals totals;
    const RunResult result = GprofDump({target, "--format=text1"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(std::sscanf(result.out.c_str(), "goroutine profile: total %d", &totals.ours), 1);
    const std::string served = server_->ReadUntil("served debug=" + debug + " ");
    EXPECT_EQ(std::sscanf(served.c_str(), ("served debug=" + debug + " goroutines=%d..%d").c_str(),
                          &totals.before, &totals.after),
              2)
        << served;
    return totals;
  }

  std::unique_ptr<Background> server_;
  std::string url_;
};

TEST_F(GoServer, TotalsAreWhatGoSays) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start());
  for (const char* debug : {"0", "1", "2"}) {
    const Totals totals = Compare(url_ + "/debug/pprof/goroutine?debug=" + debug, debug);
    EXPECT_GE(totals.ours, std::min(totals.before, totals.after)) << "debug=" << debug;
    EXPECT_LE(totals.ours, std::max(totals.before, totals.after)) << "debug=" << debug;
    EXPECT_GE(totals.ours, 11) << "debug=" << debug;  // Ten that wait, and main.
  }
}

TEST_F(GoServer, HostAndPortAreEnough) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start());
  const Totals totals = Compare(url_, "2");
  EXPECT_GE(totals.ours, 11);
}

TEST_F(GoServer, GroupsHaveGosCountsStatesAndCreators) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start());
  const RunResult result = GprofDump({url_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("main.waitForJob"), HasSubstr("main.waitForEither"),
                                HasSubstr("main.waitForLock"), HasSubstr("main.go:")));
  EXPECT_THAT(result.out, ContainsRegex("5[^\n]*chan receive"));
  EXPECT_THAT(result.out, ContainsRegex("3[^\n]*select"));
}

TEST_F(GoServer, Text2IsAsGoPrintsIt) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start());
  const RunResult result = GprofDump({url_, "-format=text2"});
  EXPECT_THAT(result.out, AllOf(StartsWith("goroutine "), HasSubstr("[chan receive]:\n"),
                                HasSubstr("created by main.main")));
}

TEST_F(GoServer, CheckFindsTheGoroutineThatIsStuckAndNoOther) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start("stuck"));
  const RunResult result = GprofDump({"check", url_, "--min-certainty=proven"});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("main.receiveFromNobody"), Not(HasSubstr("main.waitForEither"))));
}

TEST_F(GoServer, CheckOfTheHealthyTwinIsClean) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start());
  const RunResult result = GprofDump({"check", url_, "--min-certainty=proven"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(GoServer, ProfileThatWePassOnIsReadByPprof) {
  MUSTER_NEEDS("go");
  ASSERT_NO_FATAL_FAILURE(Start());
  const TemporaryDirectory directory;
  const RunResult written = GprofDump({url_, "--format=proto", "-o", directory / "p.pb.gz"});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  const RunResult result = Go({"tool", "pprof", "-top", "-cum", directory / "p.pb.gz"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("main.waitForJob"));
}

}  // namespace
}  // namespace muster::testing
