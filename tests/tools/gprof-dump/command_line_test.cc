// --help, --version and Go's one-dash options.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(GprofDumpCommandLine, HelpShowsVerbsExamplesAndExitCodes) {
  const RunResult result = GprofDump({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, AllOf(HasSubstr("gprof-dump check [OPTIONS] TARGET"),
                                HasSubstr("gprof-dump 4242 -format=text2"),
                                HasSubstr("3 nothing there or nothing answers")));
}

TEST(GprofDumpCommandLine, HelpOfAVerbShowsItsOptions) {
  const RunResult result = GprofDump({"check", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("--ended-label"), HasSubstr("--min-certainty")));
}

TEST(GprofDumpCommandLine, OneDashHelpIsHelp) {
  EXPECT_EQ(GprofDump({"-help"}).out, GprofDump({"--help"}).out);
}

TEST(GprofDumpCommandLine, VersionIsOneLine) {
  const RunResult result = GprofDump({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("gprof-dump "));
  EXPECT_EQ(result.out.find('\n'), result.out.size() - 1);
}

TEST(GprofDumpCommandLine, OneDashAndTwoMeanTheSame) {
  const RunOptions input{.input = kStuckDump};
  const RunResult two = GprofDump({"-", "--format=text2"}, input);
  const RunResult one = GprofDump({"-", "-format=text2"}, input);
  const RunResult apart = GprofDump({"-format", "text2", "-"}, input);
  EXPECT_EQ(two.exit_code, 0) << two.err;
  EXPECT_NE(two.out, "");
  EXPECT_EQ(one.out, two.out);
  EXPECT_EQ(apart.out, two.out);
}

TEST(GprofDumpCommandLine, FileNamedLikeAnOptionCanBeRead) {
  const TemporaryDirectory directory;
  directory.Write("-format", kHealthyDump);
  const RunResult result = RunProcess(
      {"sh", "-c", "cd '" + directory.path() + "' && '" GPROF_DUMP "' --format=text2 -- -format"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("goroutine 1 [running]:"));
}

TEST(GprofDumpCommandLine, LastOfEqualOptionsCounts) {
  const RunResult result =
      GprofDump({"-", "--format=json", "--format=text2"}, {.input = kHealthyDump});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("goroutine 1 [running]:"));
}

}  // namespace
}  // namespace muster::testing
