// `gprof-dump check` on saved dumps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

RunResult Check(const std::string& dump, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"check", "-"});
  return GprofDump(options, {.input = dump});
}

TEST(GprofDumpCheck, HealthyDumpExitsWithZero) {
  const RunResult result = Check(kHealthyDump);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("no findings"));
  EXPECT_EQ(result.err, "");
}

TEST(GprofDumpCheck, FindingExitsWithOneAndNamesPlaceAndCreator) {
  const RunResult result = Check(kStuckDump);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("main.listen"), HasSubstr("/src/app/listen.go:21"),
                                HasSubstr("/src/app/main.go:11")));
}

TEST(GprofDumpCheck, JsonIsOneObjectWithTheFindings) {
  const RunResult result = Check(kStuckDump, {"--json"});
  EXPECT_EQ(result.exit_code, 1);
  const Json json = Json::parse(result.out);
  ASSERT_EQ(json.at("findings").size(), 1u) << result.out;
  EXPECT_EQ(json["findings"][0].at("certainty"), "proven");
}

TEST(GprofDumpCheck, JsonOfHealthyDumpHasNoFindings) {
  const RunResult result = Check(kHealthyDump, {"--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(Json::parse(result.out).at("findings").empty()) << result.out;
}

TEST(GprofDumpCheck, ProvenFindingPassesEveryThreshold) {
  for (const char* certainty : {"suspected", "certain", "proven"}) {
    EXPECT_EQ(Check(kStuckDump, {std::string("--min-certainty=") + certainty}).exit_code, 1)
        << certainty;
  }
}

TEST(GprofDumpCheck, LabelsCountOnlyWhenTheirScopeHasEnded) {
  EXPECT_EQ(Check(kLabelledDump).exit_code, 0);
  const RunResult one = Check(kLabelledDump, {"--ended-label", "test=Cache.Evicts"});
  EXPECT_EQ(one.exit_code, 1) << one.out;
  EXPECT_THAT(one.out, AllOf(HasSubstr("main.evict"), Not(HasSubstr("main.fill"))));
}

TEST(GprofDumpCheck, EndedLabelMayBeRepeated) {
  const RunResult both =
      Check(kLabelledDump, {"--ended-label=test=Cache.Evicts", "-ended-label=test=Cache.Fills"});
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_THAT(both.out, AllOf(HasSubstr("main.evict"), HasSubstr("main.fill")));
}

TEST(GprofDumpCheck, EndedLabelThatNobodyCarriesFindsNothing) {
  EXPECT_EQ(Check(kLabelledDump, {"--ended-label=test=Cache.Opens"}).exit_code, 0);
}

TEST(GprofDumpCheck, SuspicionsAreLeftOutAboveTheirCertainty) {
  // That a goroutine outlives its scope is true of this instant at most, so not proven.
  const RunResult result =
      Check(kLabelledDump, {"--ended-label=test=Cache.Evicts", "--min-certainty=proven"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST(GprofDumpCheck, ReaderThatGoesAwayDoesNotHideTheVerdict) {
  const RunResult result = GprofDump({"check", "-"}, {.input = kStuckDump, .close_output = true});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "");
}

TEST(GprofDumpCheck, CutDumpIsCheckedAndSaidToBeCut) {
  const std::string whole = kStuckDump;
  const RunResult result = Check(whole.substr(0, whole.size() - 30));
  EXPECT_EQ(result.exit_code, 1) << result.out;
}

}  // namespace
}  // namespace muster::testing
