// `watch`, `record` and `replay`, on a server whose dumps are as the test wants them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/inspector/capture/canned_server.h"
#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

// A dump of Go's with `count` goroutines that wait.
std::string Waiting(int count) {
  std::string dump = kHealthyDump;
  for (int i = 0; i < count; ++i) {
    dump += "\ngoroutine " + std::to_string(100 + i) +
            " [chan send]:\nmain.leak()\n\t/src/app/leak.go:7 +0x2a\ncreated by main.main in "
            "goroutine 1\n\t/src/app/main.go:11 +0x44\n";
  }
  return dump;
}

// Answers the n-th request, from 0 on, with as many waiting goroutines as `count` says; -1 breaks
// the connection off.
class Server {
 public:
  explicit Server(std::function<int(int)> count)
      : server_("", [this, count = std::move(count)](const std::string&) {
          const int waiting = count(asked_++);
          return waiting < 0 ? std::string("x") : inspector::Http(200, Waiting(waiting));
        }) {}

  std::string url() const { return server_.url() + "/dump"; }

 private:
  std::atomic<int> asked_ = 0;
  inspector::CannedServer server_;
};

RunResult Sampled(const std::string& verb, const std::string& target,
                  std::vector<std::string> options = {}) {
  options.insert(options.begin(), {verb, target, "--every=10ms", "--for=90ms"});
  return GprofDump(options);
}

TEST(GprofDumpWatch, GrowthIsAFindingWithItsStack) {
  Server server([](int n) { return 3 + n; });
  const RunResult result = Sampled("watch", server.url());
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("1 group grows: 10 samples"), HasSubstr("main.leak"),
                                HasSubstr("growing: 3 -> 12 goroutines [chan send]")));
}

TEST(GprofDumpWatch, SteadyIsClean) {
  Server server([](int n) { return 3 + n % 2; });
  const RunResult result = Sampled("watch", server.url());
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("nothing grows"));
}

TEST(GprofDumpWatch, ShowsProgressUnlessQuiet) {
  Server server([](int) { return 3; });
  EXPECT_THAT(Sampled("watch", server.url()).err,
              AllOf(HasSubstr("sample 1 of 10: 5 goroutines\n"),
                    HasSubstr("sample 10 of 10: 5 goroutines, 0 groups grow\n")));
  EXPECT_EQ(Sampled("watch", server.url(), {"--quiet"}).err, "");
}

TEST(GprofDumpWatch, FilterChoosesWhatIsWatched) {
  Server server([](int n) { return 3 + n; });
  const RunResult result = Sampled("watch", server.url(), {"--without=function=main.leak"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST(GprofDumpWatch, TargetThatGoesAwayLeavesAVerdict) {
  Server server([](int n) { return n < 8 ? 3 + n : -1; });
  const RunResult result = Sampled("watch", server.url());
  EXPECT_EQ(result.exit_code, 1) << result.out;
  EXPECT_THAT(result.err, HasSubstr("ended after 8 samples"));
}

TEST(GprofDumpWatch, JsonHasEverySample) {
  Server server([](int n) { return 3 + n; });
  const Json json = Json::parse(Sampled("watch", server.url(), {"--json"}).out);
  EXPECT_EQ(json["samples"], 10);
  EXPECT_EQ(json["growing"], 1);
  EXPECT_EQ(json["groups"][0]["samples"].size(), 10u);
}

TEST(GprofDumpWatch, InterruptGivesTheVerdictSoFar) {
  Server server([](int n) { return 3 + n; });
  Background watch({GPROF_DUMP, "watch", server.url(), "--every=10ms", "--for=1h"});
  ASSERT_NE(watch.ReadUntil("sample 20 of"), "");
  watch.Signal(SIGINT);
  EXPECT_NE(watch.ReadUntil("interrupted after"), "");
  EXPECT_NE(watch.ReadUntil("1 group grows"), "");
  EXPECT_EQ(watch.Wait(), 1);
}

TEST(GprofDumpWatch, MistakesAreSaidBeforeAnythingIsAsked) {
  for (const auto& [options, says] : std::vector<std::pair<std::vector<std::string>, const char*>>{
           {{"watch", "x", "--every=1m", "--for=2m"}, "give 3 samples"},
           {{"watch", "x", "--every=soon"}, "is no duration"},
           {{"watch", "x", "--for=-5s"}, "is no duration"},
           {{"watch", "-"}, "once only"},
           {{"record", "-", "-o", "x"}, "once only"},
           {{"record", "x"}, "--output"}}) {
    const RunResult result = GprofDump(options);
    EXPECT_EQ(result.exit_code, 2) << options[0] << options[1];
    EXPECT_THAT(result.err, HasSubstr(says));
  }
  EXPECT_EQ(Sampled("watch", "http://127.0.0.1:1").exit_code, 3);
}

TEST(GprofDumpRecord, SavesSnapshotsThatEveryVerbReads) {
  const TemporaryDirectory directory;
  Server server([](int n) { return 3 + n; });
  const std::string recording = directory / "recording";
  const RunResult result = Sampled("record", server.url(), {"-o", recording});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(GprofDump({recording + "/snapshot-000004.wire"}).out,
              HasSubstr("6 goroutines [chan send]"));
  EXPECT_FALSE(std::filesystem::exists(recording + "/snapshot-000011.wire"));
}

TEST(GprofDumpRecord, DoesNotMixTwoRecordings) {
  const TemporaryDirectory directory;
  Server server([](int) { return 3; });
  ASSERT_EQ(Sampled("record", server.url(), {"-o", directory.path()}).exit_code, 0);
  const RunResult again = Sampled("record", server.url(), {"-o", directory.path()});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("has a recording already"));
}

TEST(GprofDumpReplay, JudgesAsWatchDoes) {
  const TemporaryDirectory directory;
  Server server([](int n) { return 3 + n; });
  ASSERT_EQ(Sampled("record", server.url(), {"-o", directory.path()}).exit_code, 0);
  const RunResult result = GprofDump({"replay", directory.path()});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr(directory.path() + ": 1 group grows: 10 samples"),
                                HasSubstr("main.leak")));
  EXPECT_EQ(GprofDump({"replay", directory.path(), "--with=id=1"}).exit_code, 0);
}

TEST(GprofDumpReplay, JudgesDumpsThatAreNamedOneByOne) {
  const TemporaryDirectory directory;
  Server server([](int n) { return 3 + n; });
  ASSERT_EQ(Sampled("record", server.url(), {"-o", directory.path()}).exit_code, 0);
  std::vector<std::string> command = {"replay"};
  for (int i = 1; i <= 6; ++i) {
    command.push_back(directory / ("snapshot-00000" + std::to_string(i) + ".wire"));
  }
  const RunResult result = GprofDump(command);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("1 group grows: 6 samples"), HasSubstr("main.leak")));
  std::reverse(command.begin() + 1, command.end());
  const RunResult turned = GprofDump(command);
  EXPECT_EQ(turned.exit_code, 2);
  EXPECT_THAT(turned.err, HasSubstr("name them in order"));
}

TEST(GprofDumpReplay, SaysWhatIsNoRecording) {
  const TemporaryDirectory directory;
  const RunResult empty = GprofDump({"replay", directory.path()});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("gprof-dump record"));
  EXPECT_EQ(GprofDump({"replay", directory / "none"}).exit_code, 3);
  EXPECT_EQ(GprofDump({"replay", directory.Write("f", kHealthyDump)}).exit_code, 2);
}

}  // namespace
}  // namespace muster::testing
