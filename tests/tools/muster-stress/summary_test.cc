#include "tools/muster-stress/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace muster::stress {
namespace {

Campaign OneRace() {
  Campaign campaign;
  campaign.command = {"./chan_test", "--gtest_filter=A*", "it's"};
  campaign.tsan_options = "exitcode=66:halt_on_error=0";
  campaign.first_seed = 10;
  campaign.planned_runs = campaign.runs = 20;
  campaign.clean_runs = 17;
  campaign.findings.push_back({.kind = FindingKind::kReport,
                               .title = "data race: Write at a.cc:5 in f()",
                               .evidence = "WARNING: ThreadSanitizer: data race\n",
                               .first_seed = 12,
                               .runs = 3,
                               .occurrences = 4});
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
  Campaign campaign = OneRace();
  campaign.strategy = "pct:3";
  EXPECT_TRUE(ReplayCommand(campaign, 12)
                  .starts_with("MUSTER_SEED=12 MUSTER_SCHEDULE=pct:3 TSAN_OPTIONS="));
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
  EXPECT_EQ(json["findings"][0]["replay"], ReplayCommand(OneRace(), 12));
}

TEST(StressSummary, JsonBearsOutputThatIsNoUtf8) {
  Campaign campaign = OneRace();
  campaign.findings[0].evidence = "\xff\xfe";
  std::ostringstream out;
  WriteSummaryJson(campaign, out);
  EXPECT_TRUE(nlohmann::json::accept(out.str()));
}

}  // namespace
}  // namespace muster::stress
