// /metrics, as Prometheus reads it.
#include "tools/musterd/metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/tools/musterd/samples.h"
#include "tests/tools/process.h"

namespace muster::musterd {
namespace {

FleetState SampleState() {
  Fleet fleet;
  PollResult server = SamplePoll(SampleProcess(7), kStart);
  server.findings = {SampleFinding("a"), SampleFinding("b")};
  server.findings.push_back(SampleFinding("c"));
  server.findings.back().finding.rule = "old-wait";
  server.findings.back().finding.certainty = inspector::Certainty::kSuspected;
  fleet.OnPoll(server);
  fleet.OnPoll(FailedPoll(SampleProcess(8, "a \"quoted\\name\"\n"), kStart));
  fleet.OnPoll(SamplePoll(SampleProcess(9, "ended"), kStart));
  fleet.OnCycle({SampleProcess(7), SampleProcess(8)}, kStart);
  fleet.OnStore(true, 65536);
  fleet.OnStore(false, 0);
  return fleet.State();
}

TEST(Metrics, AreAsInTheGoldenFile) {
  EXPECT_EQ(RenderMetrics(SampleState(), "1.2.3"),
            muster::testing::ReadFile(GOLDEN_DIRECTORY "/metrics.txt"));
}

TEST(Metrics, WithoutTargetsEveryFamilyIsStillDescribed) {
  const std::string text = RenderMetrics(FleetState(), "1.2.3");
  EXPECT_NE(text.find("# TYPE muster_goroutines gauge\n"), std::string::npos);
  EXPECT_NE(text.find("musterd_targets 0\n"), std::string::npos);
}

TEST(MetricsEscape, BackslashQuoteAndLineEnd) {
  EXPECT_EQ(EscapeLabel("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
}

TEST(MetricsEscape, Utf8StaysAndOtherBytesAreReplaced) {
  EXPECT_EQ(EscapeLabel("é漢😀"), "é漢😀");
  EXPECT_EQ(EscapeLabel("a\xff\x62"), "a\xef\xbf\xbd\x62");
  EXPECT_EQ(EscapeLabel("\xc3"), "\xef\xbf\xbd");                          // cut
  EXPECT_EQ(EscapeLabel("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");          // overlong
  EXPECT_EQ(EscapeLabel("\xed\xa0\x80").find("\xed"), std::string::npos);  // surrogate
}

}  // namespace
}  // namespace muster::musterd
