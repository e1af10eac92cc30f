// `go tool pprof` on what Muster writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/interop/clients.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// The profile of a live program, as `gprof-dump PID --format=proto > FILE` writes it.
std::string Profile(const LiveProgram& program) {
  const RunResult result = program.GprofDump({program.pid(), "--format=proto"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return program.directory().Write("p.pb.gz", result.out);
}

TEST(GoToolPprof, TopNamesOurFunctions) {
  MUSTER_NEEDS("go");
  const LiveProgram program("healthy");
  const RunResult result = Go({"tool", "pprof", "-top", Profile(program)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Type: goroutine"), HasSubstr("of 4 total"),
                                ContainsRegex(" 3 75\\.00% .*ServeJobs")));
}

TEST(GoToolPprof, TopByWaitIsWhoWaitsMost) {
  MUSTER_NEEDS("go");
  const LiveProgram program("healthy");
  const RunResult result = Go({"tool", "pprof", "-top", "-sample_index=wait", Profile(program)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Type: wait"), HasSubstr("ServeJobs")));
}

TEST(GoToolPprof, TracesShowWholeStacks) {
  MUSTER_NEEDS("go");
  const LiveProgram program("stuck");
  const RunResult result = Go({"tool", "pprof", "-traces", Profile(program)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("ReceiveFromNobody"), HasSubstr("RunStuck")));
}

TEST(GoToolPprof, RawHasPlacesMappingsAndSampleType) {
  MUSTER_NEEDS("go");
  const LiveProgram program("healthy");
  const RunResult result = Go({"tool", "pprof", "-raw", Profile(program)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("PeriodType: goroutine count"), HasSubstr("live.cc:"),
                                HasSubstr("Mappings\n"), HasSubstr("muster_test_live")));
}

TEST(GoToolPprof, ListingOfAFunctionFindsItsSource) {
  MUSTER_NEEDS("go");
  const LiveProgram program("healthy");
  const RunResult result = Go({"tool", "pprof", "-list=ServeJobs", Profile(program)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("for (const int job : jobs)"));
}

TEST(GoToolPprof, ReadsGroupedTextFromTheSocket) {
  MUSTER_NEEDS("go");
  MUSTER_NEEDS("curl");
  const LiveProgram program("healthy");
  const RunResult text =
      RunProcess({"curl", "--silent", "--fail", "--unix-socket", program.socket(),
                  "http://localhost/debug/pprof/goroutine?debug=1"});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  const std::string file = program.directory().Write("goroutine.txt", text.out);
  const RunResult result = Go({"tool", "pprof", "-raw", file});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("goroutine/count"), ContainsRegex("\n +3: ")));
}

// One of the other profiles of a program that has all of them on, as a file.
std::string Page(const LiveProgram& program, const std::string& page) {
  const RunResult result = RunProcess({"curl", "--silent", "--fail", "--unix-socket",
                                       program.socket(), "http://localhost/debug/pprof/" + page});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return program.directory().Write("page", result.out);
}

TEST(GoToolPprof, TopOfBlockProfileIsWhoWaited) {
  MUSTER_NEEDS("go");
  MUSTER_NEEDS("curl");
  const LiveProgram program("contended");
  const std::string file = Page(program, "block");
  const RunResult delay = Go({"tool", "pprof", "-top", "-nodefraction=0", file});
  EXPECT_EQ(delay.exit_code, 0) << delay.err;
  EXPECT_THAT(delay.out, AllOf(HasSubstr("Type: delay"), HasSubstr("ServeJobs")));
  const RunResult count =
      Go({"tool", "pprof", "-top", "-nodefraction=0", "-sample_index=contentions", file});
  EXPECT_THAT(count.out, AllOf(HasSubstr("Type: contentions"), ContainsRegex(" 1 .*ServeJobs")));
}

TEST(GoToolPprof, TopOfMutexProfileIsWhoUnlocked) {
  MUSTER_NEEDS("go");
  MUSTER_NEEDS("curl");
  const LiveProgram program("contended");
  const RunResult result = Go({"tool", "pprof", "-top", "-nodefraction=0",
                               "-sample_index=contentions", Page(program, "mutex")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex(" 1 .*ReleaseContended"));
}

TEST(GoToolPprof, TopOfCreationProfileIsWhoCreated) {
  MUSTER_NEEDS("go");
  MUSTER_NEEDS("curl");
  const LiveProgram program("contended");
  const RunResult result =
      Go({"tool", "pprof", "-top", "-cum", "-nodefraction=0", Page(program, "goroutinecreate")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Type: goroutinecreate"), ContainsRegex(" 2 .*RunContended")));
}

TEST(GoToolPprof, ReadsContentionAsText) {
  MUSTER_NEEDS("go");
  MUSTER_NEEDS("curl");
  const LiveProgram program("contended");
  for (const char* page : {"block?debug=1", "mutex?debug=1", "goroutinecreate?debug=1"}) {
    const RunResult result = Go({"tool", "pprof", "-raw", Page(program, page)});
    EXPECT_EQ(result.exit_code, 0) << page << ": " << result.err;
    EXPECT_THAT(result.out, HasSubstr("Locations\n")) << page;
  }
}

TEST(GoToolPprof, ComparesTwoProfiles) {
  MUSTER_NEEDS("go");
  const LiveProgram program("healthy");
  const std::string profile = Profile(program);
  const RunResult result =
      Go({"tool", "pprof", "-top", "-nodefraction=0", "-diff_base", profile, profile});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Showing nodes accounting for 0"));
}

}  // namespace
}  // namespace muster::testing
