#include "tools/muster-stress/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace muster::stress {
namespace {

Campaign OneRace() {
  Campaign campaign;
  campaign.asked = campaign.command = {"./chan_test", "--gtest_filter=A*", "it's"};
  campaign.tsan_options = "exitcode=66:halt_on_error=0";
  campaign.first_seed = 10;
  campaign.planned_runs = campaign.runs = 20;
  campaign.clean_runs = 17;
  campaign.findings.push_back({.kind = FindingKind::kReport,
                               .title = "data race: Write at a.cc:5 in f()",
                               .evidence = "WARNING: ThreadSanitizer: data race\n",
                               .first = {.number = 2, .seed = 12, .schedule = ""},
                               .runs = 3,
                               .occurrences = 4,
                               .minimal_schedule = "",
                               .preemptions = 0,
                               .minimal_preemptions = 0});
  return campaign;
}

TEST(StressSummary, ReadsLikeThis) {
  std::ostringstream out;
  WriteSummary(OneRace(), out);
  EXPECT_EQ(out.str(),
            "report: data race: Write at a.cc:5 in f()\n"
            "  in 3 of 20 runs, 4 times; first with seed 12\n"
            "  replay: MUSTER_SEED=12 TSAN_OPTIONS=exitcode=66:halt_on_error=0 ./chan_test "
            "'--gtest_filter=A*' 'it'\\''s'\n"
            "  | WARNING: ThreadSanitizer: data race\n"
            "\n"
            "20 runs (seeds 10 to 29): 17 clean, 1 distinct finding\n");
}

TEST(StressSummary, ReplaysUnderTheSameStrategy) {
  const Campaign campaign = OneRace();
  const Variation run = {.number = 2, .seed = 12, .schedule = "pct:3:9"};
  EXPECT_TRUE(ReplayCommand(campaign, run)
                  .starts_with("MUSTER_SEED=12 MUSTER_SCHEDULE=pct:3:9 TSAN_OPTIONS="));
}

TEST(StressSummary, ReplaysWithTheFewestPreemptions) {
  Campaign campaign = OneRace();
  StressFinding& finding = campaign.findings[0];
  finding.first.schedule = "random";
  finding.minimal_schedule = "replay:0*3.1";
  finding.preemptions = 17;
  finding.minimal_preemptions = 1;
  EXPECT_TRUE(ReplayCommand(campaign, finding)
                  .starts_with("MUSTER_SEED=12 MUSTER_SCHEDULE='replay:0*3.1' TSAN_OPTIONS="));
  std::ostringstream out;
  WriteSummary(campaign, out);
  EXPECT_NE(out.str().find("  minimised: 1 preemption, was 17\n"), std::string::npos);
}

TEST(StressSummary, SaysHowManyOfThePlannedRunsWereMade) {
  Campaign campaign = OneRace();
  campaign.planned_runs = 50;
  campaign.findings.clear();
  std::ostringstream out;
  WriteSummary(campaign, out);
  EXPECT_EQ(out.str(), "20 runs of 50 (seeds 10 to 59): 17 clean, 0 distinct findings\n");
}

TEST(StressSummary, JsonHoldsTheSameFacts) {
  std::ostringstream out;
  WriteSummaryJson(OneRace(), out);
  const nlohmann::json json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json["runs"], 20);
  EXPECT_EQ(json["clean_runs"], 17);
  ASSERT_EQ(json["findings"].size(), 1U);
  EXPECT_EQ(json["findings"][0]["kind"], "report");
  EXPECT_EQ(json["findings"][0]["first_seed"], 12);
  EXPECT_EQ(json["findings"][0]["occurrences"], 4);
  EXPECT_EQ(json["findings"][0]["replay"], ReplayCommand(OneRace(), OneRace().findings[0]));
}

TEST(StressSummary, JsonBearsOutputThatIsNoUtf8) {
  Campaign campaign = OneRace();
  campaign.findings[0].evidence = "\xff\xfe";
  std::ostringstream out;
  WriteSummaryJson(campaign, out);
  EXPECT_TRUE(nlohmann::json::accept(out.str()));
}

TEST(StressSummary, SaysThatEveryScheduleWasTried) {
  Campaign campaign = OneRace();
  campaign.strategy = "dfs:2";
  campaign.exhausted = true;
  campaign.planned_runs = 0;
  campaign.findings.clear();
  std::ostringstream out;
  WriteSummary(campaign, out);
  EXPECT_EQ(out.str(),
            "20 runs, which are all schedules of dfs:2: 17 clean, 0 distinct findings\n");
}

TEST(StressSummary, JUnitHasAFailedCaseForEachFinding) {
  Campaign campaign = OneRace();
  campaign.findings[0].title = "race <a> & \"b\"";
  campaign.findings[0].evidence = "bad \xff byte, and \x01";
  std::ostringstream out;
  WriteSummaryJUnit(campaign, out);
  EXPECT_EQ(
      out.str(),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"./chan_test\" tests=\"2\" failures=\"1\">\n"
      "    <testcase classname=\"muster-stress\" name=\"20 runs (seeds 10 to 29): 17 clean, 1 "
      "distinct finding\"/>\n"
      "    <testcase classname=\"muster-stress.report\" name=\"race &lt;a&gt; &amp; "
      "&quot;b&quot;\">\n"
      "      <failure message=\"race &lt;a&gt; &amp; &quot;b&quot;\" type=\"report\">replay: "
      "MUSTER_SEED=12 TSAN_OPTIONS=exitcode=66:halt_on_error=0 ./chan_test "
      "'--gtest_filter=A*' 'it'\\''s'\n"
      "bad \xEF\xBF\xBD byte, and </failure>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

TEST(StressSummary, SarifNamesTheFirstPlaceInTheEvidence) {
  Campaign campaign = OneRace();
  campaign.findings[0].evidence = "  Write of size 4:\n    #0 f() /src/a.cc:7:1 (a+0x1)\n";
  std::ostringstream out;
  WriteSummarySarif(campaign, out);
  const nlohmann::json sarif = nlohmann::json::parse(out.str());
  EXPECT_EQ(sarif["version"], "2.1.0");
  const nlohmann::json& run = sarif["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["name"], "muster-stress");
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["id"], "report");
  ASSERT_EQ(run["results"].size(), 1U);
  EXPECT_EQ(run["results"][0]["ruleId"], "report");
  const nlohmann::json& place = run["results"][0]["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "file:///src/a.cc");
  EXPECT_EQ(place["region"]["startLine"], 7);
}

}  // namespace
}  // namespace muster::stress
