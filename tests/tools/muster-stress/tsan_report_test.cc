#include "tools/muster-stress/tsan_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace muster::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string ReadSample() {
  std::ifstream file(TESTDATA_DIR "/reports.txt");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A race between `first` at line 5 and `second` at line 9.
std::string Race(const std::string& pid, const std::string& address, const std::string& first,
                 const std::string& second) {
  const auto stack = [](const std::string& op, int column) {
    const std::string line = op.find("rite") != std::string::npos ? "5" : "9";
    return "    #0 f" + line + "(int) /src/a b/x.cc:" + line + ":" + std::to_string(column) +
           " (x+0xe67ab) (BuildId: 9b)\n    #1 main /src/m.cc:8:66 (x+0xe6876) (BuildId: 9b)\n\n";
  };
  return "==================\nWARNING: ThreadSanitizer: data race (pid=" + pid + ")\n  " + first +
         " of size 4 at " + address + " by thread T2:\n" + stack(first, 44) + "  Previous " +
         second + " of size 4 at " + address + " by main thread:\n" + stack(second, 3) +
         "  Thread T2 'goroutine 2' (tid=0, running) created by main thread at:\n" +
         "    #0 main /src/m.cc:6:92 (x+0xe6827) (BuildId: 9b)\n\n" +
         "SUMMARY: ThreadSanitizer: data race /src/x.cc:5:44 in f5(int)\n==================\n";
}

TEST(TsanReport, FindsEveryReportOfASample) {
  const std::vector<TsanReport> reports = ParseReports(ReadSample());
  ASSERT_THAT(reports, SizeIs(3));
  EXPECT_EQ(reports[0].kind, "data race");
  EXPECT_EQ(reports[2].kind, "lock-order-inversion (potential deadlock)");
  for (const TsanReport& report : reports) EXPECT_FALSE(report.truncated);
}

TEST(TsanReport, ReadsHeadingsAndFrames) {
  const std::vector<TsanReport> reports = ParseReports(ReadSample());
  ASSERT_THAT(reports, SizeIs(3));
  const TsanReport& race = reports[0];
  ASSERT_GE(race.sections.size(), 2U);
  EXPECT_THAT(race.sections[0].heading, HasSubstr("Write of size 4"));
  ASSERT_THAT(race.sections[0].frames, SizeIs(2));
  EXPECT_EQ(race.sections[0].frames[0].function, "wr(int)");
  EXPECT_EQ(race.sections[0].frames[0].location, "/src/counter.cc:5");
  EXPECT_THAT(race.sections[0].frames[0].module, HasSubstr("counter+0x"));
  EXPECT_THAT(race.text, HasSubstr("goroutine 2"));
}

TEST(TsanReport, ReadsPathsWithBlanks) {
  const std::vector<TsanReport> reports = ParseReports(Race("1", "0x1", "Write", "read"));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].sections.at(0).frames.at(0).location, "/src/a b/x.cc:5");
  EXPECT_EQ(reports[0].sections.at(0).frames.at(0).function, "f5(int)");
}

TEST(TsanReport, ReadsFramesWithoutSymbols) {
  const std::vector<TsanReport> reports = ParseReports(
      "WARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 8 at 0x1 by thread T1:\n"
      "    #0 <null> <null> (libx.so.6+0xd44a2) (BuildId: 28)\n==================\n");
  ASSERT_THAT(reports, SizeIs(1));
  const ReportFrame& frame = reports[0].sections.at(0).frames.at(0);
  EXPECT_EQ(frame.function, "");
  EXPECT_EQ(frame.location, "");
  EXPECT_EQ(frame.module, "libx.so.6+0xd44a2");
  EXPECT_THAT(ReportKey(reports[0]), HasSubstr("libx.so.6+0xd44a2"));
}

TEST(TsanReport, KeepsProgramOutputApart) {
  const std::string output =
      "hello\n" + Race("1", "0x1", "Write", "read") + "between\n#0 looks like a frame\n";
  const std::vector<TsanReport> reports = ParseReports(output);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].text.find("hello"), std::string::npos);
  EXPECT_EQ(reports[0].text.find("between"), std::string::npos);
}

TEST(TsanReport, SaysThatAReportWasCut) {
  const std::string whole = Race("1", "0x1", "Write", "read");
  const std::vector<TsanReport> reports = ParseReports(whole.substr(0, whole.size() / 2));
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_TRUE(reports[0].truncated);
}

TEST(TsanReport, ReadsACrash) {
  const std::vector<TsanReport> reports = ParseReports(
      "ThreadSanitizer:DEADLYSIGNAL\n==7==ERROR: ThreadSanitizer: SEGV on unknown address "
      "0x000000000000 (pc 0x55 bp 0x7f sp 0x7f T7)\n==7==The signal is caused by a WRITE memory "
      "access.\n    #0 main /src/x.cc:3:4 (x+0xe6741)\n\n==7==Register values:\n"
      "SUMMARY: ThreadSanitizer: SEGV /src/x.cc:3:4 in main\n==7==ABORTING\n");
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].kind, "SEGV");
  EXPECT_EQ(ReportTitle(reports[0]), "SEGV: Crash at /src/x.cc:3 in main");
}

TEST(TsanReport, FindsNothingInOrdinaryOutput) {
  EXPECT_THAT(ParseReports(""), SizeIs(0));
  EXPECT_THAT(ParseReports("==================\nall good\n==================\n"), SizeIs(0));
}

TEST(ReportKey, IgnoresAddressesPidsAndWhichAccessCameFirst) {
  const TsanReport a = ParseReports(Race("1", "0x7b04", "Write", "read")).at(0);
  const TsanReport b = ParseReports(Race("22", "0x55ff", "Read", "write")).at(0);
  EXPECT_EQ(ReportKey(a), ReportKey(b));
}

TEST(ReportKey, TellsDifferentOperationsAndLinesApart) {
  const TsanReport a = ParseReports(Race("1", "0x7b04", "Write", "read")).at(0);
  const TsanReport b = ParseReports(Race("1", "0x7b04", "Write", "write")).at(0);
  EXPECT_NE(ReportKey(a), ReportKey(b));
}

TEST(ReportKey, IgnoresNumbersOfThreadsAndMutexes) {
  const auto inversion = [](const char* mutexes, const char* thread) {
    return std::string("WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock)\n  ") +
           mutexes + " in thread " + thread +
           ":\n    #0 f /src/a.cc:1:2 (a+0x1)\n==================\n";
  };
  const TsanReport a =
      ParseReports(inversion("Mutex M1 acquired here while holding mutex M0", "T1")).at(0);
  const TsanReport b = ParseReports(inversion("Mutex M21 acquired here while holding mutex M30",
                                              "T4 'goroutine 12'"))
                           .at(0);
  EXPECT_EQ(ReportKey(a), ReportKey(b));
}

TEST(ReportTitle, NamesBothPlaces) {
  const TsanReport report = ParseReports(Race("1", "0x7b04", "Write", "read")).at(0);
  EXPECT_EQ(ReportTitle(report),
            "data race: Write at /src/a b/x.cc:5 in f5(int), Read at /src/a b/x.cc:9 in f9(int)");
}

}  // namespace
}  // namespace muster::stress
