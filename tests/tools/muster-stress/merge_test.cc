#include "tools/muster-stress/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace muster::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Race(const std::string& function, const std::string& address) {
  return "WARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 4 at " + address +
         " by thread T1 'goroutine 4':\n    #0 " + function +
         " /src/a.cc:7:1 (a+0x1)\n\n==================\n";
}

Variation Seed(uint64_t seed) { return {.number = seed, .seed = seed, .schedule = ""}; }

RunResult Exit(int code, std::string output) {
  return {.start_error = "", .exit_code = code, .output = std::move(output)};
}

std::string Asleep(int id, const char* line) {
  return "noise\nfatal error: all goroutines are asleep - deadlock!\n\ngoroutine " +
         std::to_string(id) + " [chan receive]:\nmain()\n\t/src/app.cc:" + line + " +0x" +
         std::to_string(id) + "\n";
}

TEST(Merge, CountsEqualReportsOfDifferentRunsOnce) {
  Merger merger;
  merger.Add(Seed(5), Exit(66, Race("f()", "0x10")));
  merger.Add(Seed(3), Exit(66, Race("f()", "0x20") + Race("f()", "0x30")));
  merger.Add(Seed(4), Exit(0, "fine\n"));
  ASSERT_THAT(merger.Findings(), SizeIs(1));
  const StressFinding finding = merger.Findings()[0];
  EXPECT_EQ(finding.kind, FindingKind::kReport);
  EXPECT_EQ(finding.runs, 2U);
  EXPECT_EQ(finding.occurrences, 3U);
  EXPECT_EQ(finding.first.seed, 3U);
  EXPECT_THAT(finding.evidence, HasSubstr("0x20"));
  EXPECT_EQ(merger.runs(), 3U);
  EXPECT_EQ(merger.clean_runs(), 1U);
}

TEST(Merge, KeepsDifferentReportsApartMostFrequentFirst) {
  Merger merger;
  merger.Add(Seed(1), Exit(66, Race("rare()", "0x10") + Race("common()", "0x10")));
  merger.Add(Seed(2), Exit(66, Race("common()", "0x10")));
  ASSERT_THAT(merger.Findings(), SizeIs(2));
  EXPECT_THAT(merger.Findings()[0].title, HasSubstr("common()"));
  EXPECT_THAT(merger.Findings()[1].title, HasSubstr("rare()"));
}

TEST(Merge, AnExitCode66WithAReportIsNotAlsoABadExit) {
  Merger merger;
  merger.Add(Seed(1), Exit(66, Race("f()", "0x10")));
  EXPECT_THAT(merger.Findings(), SizeIs(1));
}

TEST(Merge, AnotherExitCodeIsReportedBesideTheRace) {
  Merger merger;
  merger.Add(Seed(1), Exit(1, Race("f()", "0x10")));
  EXPECT_THAT(merger.Findings(), SizeIs(2));
}

TEST(Merge, DeadlocksAreMergedByWhereTheGoroutinesStand) {
  Merger merger;
  merger.Add(Seed(1), Exit(2, Asleep(7, "12")));
  merger.Add(Seed(2), Exit(2, Asleep(91, "12")));
  merger.Add(Seed(3), Exit(2, Asleep(7, "30")));
  ASSERT_THAT(merger.Findings(), SizeIs(2));
  EXPECT_EQ(merger.Findings()[0].kind, FindingKind::kDeadlock);
  EXPECT_EQ(merger.Findings()[0].runs, 2U);
  EXPECT_THAT(merger.Findings()[0].evidence, HasSubstr("goroutine 7"));
  EXPECT_THAT(merger.Findings()[0].evidence, ::testing::Not(HasSubstr("noise")));
}

TEST(Merge, PanicsAreMergedByTheirMessage) {
  Merger merger;
  merger.Add(Seed(1), Exit(2, "panic: send on closed channel\n\ngoroutine 5 [running]:\n"));
  merger.Add(Seed(2), Exit(2, "panic: send on closed channel\n\ngoroutine 9 [running]:\n"));
  ASSERT_THAT(merger.Findings(), SizeIs(1));
  EXPECT_EQ(merger.Findings()[0].kind, FindingKind::kPanic);
  EXPECT_EQ(merger.Findings()[0].title, "panic: send on closed channel");
}

TEST(Merge, CrashesAndTimeOutsKeepTheLastOutput) {
  Merger merger;
  merger.Add(Seed(1),
             {.start_error = "", .exit_code = -1, .signal = SIGSEGV, .output = "before\n"});
  merger.Add(Seed(2),
             {.start_error = "", .exit_code = -1, .timed_out = true, .output = "stuck here\n"});
  ASSERT_THAT(merger.Findings(), SizeIs(2));
  EXPECT_EQ(merger.Findings()[0].kind, FindingKind::kCrash);
  EXPECT_THAT(merger.Findings()[0].title, HasSubstr("Segmentation fault"));
  EXPECT_EQ(merger.Findings()[0].evidence, "before\n");
  EXPECT_EQ(merger.Findings()[1].kind, FindingKind::kTimeout);
  EXPECT_EQ(merger.Findings()[1].evidence, "stuck here\n");
}

TEST(Merge, ExitCode66WithoutAReportMeansThatTsanCouldNotStart) {
  EXPECT_TRUE(TsanCouldNotStart(Exit(66, "")));
  EXPECT_TRUE(
      TsanCouldNotStart(Exit(66, "FATAL: ThreadSanitizer: unexpected memory mapping 0x1-0x2\n")));
  EXPECT_FALSE(TsanCouldNotStart(Exit(66, Race("f()", "0x1"))));
  EXPECT_FALSE(TsanCouldNotStart(Exit(1, "")));
  EXPECT_FALSE(TsanCouldNotStart(Exit(0, "")));
}

}  // namespace
}  // namespace muster::stress
