// curl on the endpoint of a live program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/interop/clients.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

RunResult Curl(const LiveProgram& program, const std::string& target,
               std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"curl", "--silent", "--show-error", "--unix-socket",
                                   program.socket(), "http://localhost" + target});
  return RunProcess(options);
}

TEST(Curl, HealthIsOk) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  const RunResult result = Curl(program, "/healthz", {"--fail"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "ok\n");
}

TEST(Curl, Debug0IsAGzippedProfile) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  for (const char* target : {"/debug/pprof/goroutine", "/debug/pprof/goroutine?debug=0"}) {
    const RunResult result = Curl(program, target, {"--fail"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, StartsWith("\x1f\x8b")) << target;
  }
}

TEST(Curl, Debug1IsGroupedText) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  const RunResult result = Curl(program, "/debug/pprof/goroutine?debug=1", {"--fail"});
  EXPECT_THAT(result.out, AllOf(StartsWith("goroutine profile: total 4\n3 @ 0x"),
                                HasSubstr("ServeJobs"), HasSubstr("live.cc:")));
}

TEST(Curl, Debug2IsEachGoroutine) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("stuck");
  const RunResult result = Curl(program, "/debug/pprof/goroutine?debug=2", {"--fail"});
  EXPECT_THAT(result.out, AllOf(HasSubstr(" [chan receive (nil chan)]:\n"),
                                HasSubstr("ReceiveFromNobody"), HasSubstr("created by ")));
}

TEST(Curl, HeadHasTheLengthAndNoBody) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  const RunResult result = Curl(program, "/healthz", {"--head"});
  EXPECT_THAT(result.out, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 3")));
}

TEST(Curl, OneConnectionServesManyRequests) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  const RunResult result = Curl(
      program, "/healthz",
      {"http://localhost/healthz", "http://localhost/healthz", "--write-out", "%{num_connects}"});
  EXPECT_EQ(result.out, "ok\n1ok\n0ok\n0");
}

TEST(Curl, UnknownPathIs404) {
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  const RunResult result =
      Curl(program, "/nothing", {"--output", "/dev/null", "--write-out", "%{http_code}"});
  EXPECT_EQ(result.out, "404");
}

}  // namespace
}  // namespace muster::testing
