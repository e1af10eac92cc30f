// What is kept of a snapshot.
#include "tools/musterd/poll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "muster/inspector/formats.h"
#include "tests/tools/dumps.h"
#include "tests/tools/musterd/samples.h"

namespace muster::musterd {
namespace {

using ::testing::HasSubstr;

inspector::Snapshot Parse(const std::string& dump) {
  auto snapshot = inspector::Read(dump, "test");
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *std::move(snapshot);
}

TEST(Summarize, CountsGoroutinesByState) {
  PollResult result;
  Summarize(Parse(muster::testing::kHealthyDump), &result);
  EXPECT_EQ(result.live, 2u);
  EXPECT_EQ(result.by_state, (std::map<std::string, uint64_t>{{"IO wait", 1}, {"running", 1}}));
  EXPECT_TRUE(result.findings.empty());
}

TEST(Summarize, KeepsFindingWithItsEvidence) {
  PollResult result;
  Summarize(Parse(muster::testing::kStuckDump), &result);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].finding.goroutines, std::vector<uint64_t>{9});
  EXPECT_THAT(result.findings[0].report, HasSubstr("main.listen"));
}

TEST(Summarize, ManyStatesAreSummedUp) {
  inspector::Snapshot snapshot;
  for (uint64_t i = 0; i < 200; ++i) {
    inspector::Goroutine goroutine;
    goroutine.id = i + 1;
    goroutine.state = inspector::State::kWaiting;
    goroutine.reason = "reason " + std::to_string(i);
    snapshot.goroutines.push_back(goroutine);
  }
  PollResult result;
  Summarize(snapshot, &result);
  EXPECT_EQ(result.by_state.size(), kMaxStates + 1);
  EXPECT_EQ(result.by_state.at("other"), 200 - kMaxStates);
}

TEST(Summarize, GoroutinesStuckAtOnePlaceAreOneFinding) {
  std::string dump = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:1 +0x1\n";
  for (int id = 100; id < 400; ++id) {
    dump += "\ngoroutine " + std::to_string(id) +
            " [chan receive (nil chan)]:\nmain.listen()\n\t/src/listen.go:21 +0x2a\n"
            "created by main.main in goroutine 1\n\t/src/main.go:11 +0x44\n";
  }
  PollResult result;
  Summarize(Parse(dump), &result);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].finding.count, 300u);
  EXPECT_EQ(result.findings_left_out, 0u);
}

TEST(Poll, ProcessThatIsNotThereIsAnError) {
  const PollResult result = Poll(SampleProcess(7));
  EXPECT_FALSE(result.ok());
  EXPECT_THAT(result.error, HasSubstr("/run/muster/7.sock"));
}

}  // namespace
}  // namespace muster::musterd
