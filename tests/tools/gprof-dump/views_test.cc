// The verbs that show one snapshot, or two, on saved dumps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

RunResult View(const std::string& verb, const std::string& dump,
               std::vector<std::string> options = {}) {
  options.insert(options.begin(), {verb, "-"});
  return GprofDump(options, {.input = dump});
}

// main created 7, which created 8.
std::string TreeDump() {
  return "goroutine 1 [running]:\n"
         "main.main()\n"
         "\t/src/app/main.go:12 +0x1c\n"
         "\n"
         "goroutine 7 [chan receive, 5 minutes]:\n"
         "main.serve()\n"
         "\t/src/app/serve.go:30 +0x2a\n"
         "created by main.main in goroutine 1\n"
         "\t/src/app/main.go:10 +0x44\n"
         "\n"
         "goroutine 8 [IO wait]:\n"
         "main.read()\n"
         "\t/src/app/serve.go:50 +0x2a\n"
         "created by main.serve in goroutine 7\n"
         "\t/src/app/serve.go:29 +0x44\n";
}

TEST(GprofDumpList, HasOneLineAGoroutine) {
  const RunResult result = View("list", TreeDump());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("CREATED BY\n"), HasSubstr("main.serve serve.go:30"),
                                HasSubstr(">=5m"), HasSubstr("main.serve serve.go:29 in 7")));
}

TEST(GprofDumpList, SortsAndStopsWhereAsked) {
  const RunResult result = View("list", TreeDump(), {"--sort=wait", "--limit=1"});
  EXPECT_THAT(result.out, AllOf(HasSubstr("chan receive"), Not(HasSubstr("IO wait")),
                                HasSubstr("... 2 more lines")));
}

TEST(GprofDumpTree, IndentsUnderWhoCreatedThem) {
  const RunResult result = View("tree", TreeDump());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\n`-- goroutine 7 [chan receive, 5m]"),
                                HasSubstr("\n    `-- goroutine 8 [IO wait]")));
}

TEST(GprofDumpTree, SaysWhenADumpDoesNotTell) {
  const RunResult written = GprofDump({"-", "--format=text1"}, {.input = TreeDump()});
  const RunResult result = View("tree", written.out);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("a debug=2 dump"));
}

TEST(GprofDumpGraph, NilChannelIsWaitedForByWhoNamesIt) {
  const RunResult result = View("graph", kStuckDump);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("a nil channel"), HasSubstr("goroutine 9")));
}

TEST(GprofDumpGraph, HasFormsForOtherPrograms) {
  EXPECT_THAT(View("graph", kStuckDump, {"--format=dot"}).out, StartsWith("digraph "));
  EXPECT_THAT(View("graph", kStuckDump, {"--format=svg"}).out, StartsWith("<svg "));
}

TEST(GprofDumpFlame, IsAPageAPictureOrLines) {
  EXPECT_THAT(View("flame", TreeDump()).out, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(View("flame", TreeDump(), {"--format=svg"}).out, StartsWith("<svg "));
  EXPECT_EQ(View("flame", TreeDump(), {"--format=folded", "--with", "state=IO"}).out,
            "main.read;[IO wait] 1\n");
}

// Both pictures are read by somebody else's reader of XML.
TEST(GprofDumpPictures, AreWellFormed) {
  if (!InPath("python3")) GTEST_SKIP() << "python3 is not installed";
  const TemporaryDirectory directory;
  const std::string dump = directory.Write("dump.txt", TreeDump() + "\n" + kStuckDump);
  for (const char* verb : {"flame", "graph"}) {
    const std::string file = directory / (std::string(verb) + ".svg");
    ASSERT_EQ(GprofDump({verb, dump, "--format=svg", "-o", file}).exit_code, 0);
    const RunResult parsed = RunProcess(
        {"python3", "-c", "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", file});
    EXPECT_EQ(parsed.exit_code, 0) << verb << ": " << parsed.err;
  }
}

TEST(GprofDumpDiff, ShowsWhatGrew) {
  const TemporaryDirectory directory;
  const std::string before = directory.Write("before.txt", kHealthyDump);
  const std::string after = directory.Write("after.txt", TreeDump());
  const RunResult result = GprofDump({"diff", before, after});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 -> 3 goroutines (+1)"),
                                HasSubstr("+1 (0 -> 1) [chan receive] new"),
                                HasSubstr("-1 (1 -> 0) [IO wait] gone")));
}

TEST(GprofDumpDiff, OfADumpWithItselfIsEmpty) {
  const TemporaryDirectory directory;
  const std::string dump = directory.Write("dump.txt", kHealthyDump);
  EXPECT_THAT(GprofDump({"diff", dump, dump}).out, HasSubstr("0 groups changed, 2 did not"));
}

TEST(GprofDumpDiff, StandardInputIsReadOnce) {
  const RunResult result = GprofDump({"diff", "-", "-"}, {.input = kHealthyDump});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("once only"));
}

TEST(GprofDumpFilter, IsTakenByEveryVerb) {
  for (const char* verb : {"list", "tree", "flame", "graph"}) {
    const RunResult result =
        View(verb, TreeDump() + "\n" + kLabelledDump, {"--with", "label=test=Cache.Evicts"});
    EXPECT_EQ(result.exit_code, 0) << verb << result.err;
    EXPECT_THAT(result.out, Not(HasSubstr("main.read"))) << verb;
  }
  const RunResult grouped = GprofDump({"-", "--without=state=running"}, {.input = TreeDump()});
  EXPECT_THAT(grouped.out, AllOf(HasSubstr("2 of 3 goroutines"), Not(HasSubstr("main.main\n"))));
  const RunResult text2 =
      GprofDump({"-", "--format=text2", "-with=wait>1m"}, {.input = TreeDump()});
  EXPECT_THAT(text2.out, StartsWith("goroutine 7 "));
}

TEST(GprofDumpFilter, ChoosesAmongFindings) {
  EXPECT_EQ(View("check", kStuckDump, {"--with=function=main.listen"}).exit_code, 1);
  const RunResult none = View("check", kStuckDump, {"--with=id=1"});
  EXPECT_EQ(none.exit_code, 0) << none.out;
}

TEST(GprofDumpFilter, MistakeIsAMistakeInUsage) {
  const RunResult result = View("list", kStuckDump, {"--with", "colour=red"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--with colour=red: there is no such key; write state="));
}

TEST(GprofDumpJson, IsThereForEveryView) {
  for (const char* verb : {"list", "tree", "graph", "flame", "check", "top"}) {
    const RunResult result = View(verb, kStuckDump, {"--json"});
    EXPECT_TRUE(Json::accept(result.out)) << verb << ": " << result.out;
  }
  const RunResult grouped = GprofDump({"-", "--json"}, {.input = kStuckDump});
  EXPECT_EQ(Json::parse(grouped.out)["groups"].size(), 2u);
  EXPECT_TRUE(Json::accept(GprofDump({"ps", "--json"}).out));
  const TemporaryDirectory directory;
  const std::string dump = directory.Write("dump.txt", kStuckDump);
  EXPECT_EQ(Json::parse(GprofDump({"diff", dump, dump, "--json"}).out)["same_groups"], 2);
}

TEST(GprofDumpJson, AndAFormatAreTwoWishes) {
  EXPECT_EQ(GprofDump({"-", "--json", "--format=text2"}, {.input = kStuckDump}).exit_code, 2);
}

}  // namespace
}  // namespace muster::testing
