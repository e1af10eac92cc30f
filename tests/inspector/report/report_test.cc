// What people read: golden files, one for each kind of report. MUSTER_UPDATE_GOLDEN=1 rewrites
// them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "muster/inspector/report.h"
#include "tests/inspector/analysis/planted.h"
#include "tests/inspector/report/golden.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using ::testing::HasSubstr;
using ::testing::Not;

// Two goroutines in a lock cycle, three more of one site behind it, one on a nil channel.
class Bank : public Planted {
 public:
  Bank() {
    snapshot.source = "pid 4711";
    Waiting(1, "sleep").stack = Stack({"muster::time::Sleep@/usr/include/muster/time.h:20",
                                       "main::{lambda#1}@/src/app/app.cc:30"});
    last().creation_stack = kNoStack;
    WaitsForMutex(7, 0xb0).stack =
        Stack({"muster::sched::Park@/muster/runtime/sched/park.cc:9",
               "muster::Mutex::Lock@/muster/runtime/sync/mutex.cc:31",
               "Transfer@/src/app/bank.cc:43", "main::{lambda#1}::{lambda#2}@/src/app/app.cc:12"});
    WaitsForMutex(8, 0xa0).stack = Stack({"Transfer@/src/app/bank.cc:43"});
    last().wait_ns = 4'250'000'000;
    for (uint64_t id = 9; id < 12; ++id) {
      WaitsForMutex(id, 0xa0).stack = Stack({"Audit@/src/app/audit.cc:8"});
      last().wait_ns = static_cast<int64_t>(id) * kSecond / 4;
    }
    const StackId stuck = Stack({"muster::Chan<int>::Recv@/usr/include/muster/chan.h:200"});
    for (uint64_t id = 20; id < 40; ++id) {
      Waiting(id, "chan receive (nil chan)").stack = stuck;
    }
    Mutex(0xa0, 7);
    Mutex(0xb0, 8);
    Thread(100, State::kWaiting, record::ToString(record::WaitReason::kRunMain)).tid = 4711;
    last().stack = kNoStack;
    snapshot.notes = {
        "goroutine 41 was running and could not be interrupted, so that its stack is "
        "missing from this snapshot although it is counted."};
    ++snapshot.live;
  }
};

// Two goroutines that do not give way, at one place.
class Busy : public Planted {
 public:
  Busy() {
    for (uint64_t id = 7; id < 9; ++id) {
      Running(id).running_ns = static_cast<int64_t>(id) * kSecond / 4;
      last().stack = Stack({"Spin@/src/app/spin.cc:9"});
    }
  }
};

std::string Grouped(const Snapshot& snapshot, const ReportOptions& options = {}) {
  std::ostringstream out;
  WriteGrouped(snapshot, out, options);
  return out.str();
}

std::string Findings(const Snapshot& snapshot, const ReportOptions& options = {}) {
  std::ostringstream out;
  WriteFindings(snapshot, Analyze(snapshot), out, options);
  return out.str();
}

size_t LongestLine(const std::string& text) {
  std::istringstream lines(text);
  size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(Report, TellsHowLongAGoroutineHasNotGivenWay) {
  Busy busy;
  EXPECT_THAT(Grouped(busy.snapshot),
              HasSubstr("2 goroutines [running], for up to 2s without giving way\n"));
  EXPECT_THAT(Findings(busy.snapshot),
              HasSubstr("goroutines 7 and 8 [running, for up to 2s without giving way]\n"));
}

TEST(Report, KeepsSilentAboutAShortRun) {
  Busy busy;
  for (Goroutine& g : busy.snapshot.goroutines) g.running_ns = 9'999'999;
  EXPECT_THAT(Grouped(busy.snapshot), HasSubstr("2 goroutines [running]\n"));
}

TEST(WriteGrouped, IsWhatTheGoldenFileShows) {
  ExpectGolden(Grouped(Bank().snapshot), "grouped.txt");
}

TEST(WriteGrouped, ShowsTheRuntimesFramesWhenAsked) {
  ReportOptions options;
  options.all_frames = true;
  ExpectGolden(Grouped(Bank().snapshot, options), "grouped_all_frames.txt");
}

TEST(WriteGrouped, UsesColourOnlyWhenAsked) {
  Bank bank;
  EXPECT_THAT(Grouped(bank.snapshot), Not(HasSubstr("\033")));
  ReportOptions options;
  options.color = true;
  EXPECT_THAT(Grouped(bank.snapshot, options), HasSubstr("\033["));
}

TEST(WriteGrouped, KeepsAStackOfNothingButRuntimeFrames) {
  EXPECT_THAT(Grouped(Bank().snapshot), HasSubstr("Recv"));
}

TEST(WriteGrouped, SaysHowMuchATruncatedInputLeftOut) {
  Snapshot snapshot;
  snapshot.source = "etcd.txt";
  snapshot.goroutines.resize(1);
  snapshot.goroutines[0].count = 36222;
  snapshot.live = 108805;
  snapshot.truncated = true;
  const std::string text = Grouped(snapshot);
  EXPECT_THAT(text, HasSubstr("etcd.txt: 36222 of 108805 goroutines in 1 group\n"));
  EXPECT_THAT(text, HasSubstr("note: the input ends in the middle: 72583 goroutines not shown\n"));
}

TEST(WriteFindings, IsWhatTheGoldenFileShows) {
  ExpectGolden(Findings(Bank().snapshot), "findings.txt");
}

TEST(WriteFindings, FitsATerminalOf100Columns) {
  EXPECT_LE(LongestLine(Findings(Bank().snapshot)), 100u);
}

TEST(WriteFindings, SaysWhatWasLookedAtWhenThereIsNothing) {
  Planted p;
  p.snapshot.source = "pid 12";
  p.Running(1);
  EXPECT_EQ(Findings(p.snapshot), "pid 12: no findings: 1 of 1 goroutine looked at\n");
}

TEST(WriteFindings, PrintsNotesUnderACleanResultToo) {
  Planted p;
  p.Running(1);
  p.snapshot.notes = {"one line was not understood."};
  EXPECT_THAT(Findings(p.snapshot), HasSubstr("\nnote: one line was not understood.\n"));
}

TEST(WriteFindings, ShowsAFewOfMany) {
  EXPECT_THAT(Findings(Bank().snapshot), HasSubstr("goroutines 20, 21, 22, 23, 24 and 15 more ["));
}

TEST(WriteFindings, SurvivesIdsAndStacksThatAreNotThere) {
  Snapshot snapshot;
  snapshot.goroutines.resize(1);
  snapshot.goroutines[0].id = 1;
  snapshot.goroutines[0].stack = 77;
  Finding finding;
  finding.goroutines = {1, 999};
  finding.objects = {0xdead};
  std::ostringstream out;
  WriteFindings(snapshot, {finding}, out);
  EXPECT_THAT(out.str(), HasSubstr("goroutine 1 [idle]"));
}

TEST(WriteFindingsJson, HoldsTheFindingsAndTheCounts) {
  Bank bank;
  std::ostringstream out;
  WriteFindingsJson(bank.snapshot, Analyze(bank.snapshot), out);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json["goroutines"]["looked_at"], 26);
  EXPECT_EQ(json["goroutines"]["live"], 27);
  EXPECT_EQ(json["counts"]["proven"], 1);
  EXPECT_EQ(json["counts"]["certain now"], 1);
  ASSERT_EQ(json["findings"].size(), 2u);
  EXPECT_EQ(json["findings"][1]["rule"], "lock-cycle");
  EXPECT_EQ(json["findings"][1]["goroutines"], (std::vector<int>{7, 8}));
  EXPECT_EQ(json["findings"][1]["objects"][0], "0xb0");
  EXPECT_EQ(json["notes"].size(), 1u);
}

TEST(WriteFindingsJson, SaysWhoMadeAnObjectAndWhere) {
  Planted planted;
  planted.Chan(0xc0, 3, 1).created_at = planted.Stack({"Main@/src/app/f.cc:12"});
  Finding finding;
  finding.objects = {0xc0, 0xdead};
  std::ostringstream out;
  WriteFindingsJson(planted.snapshot, {finding}, out);
  const auto details = nlohmann::json::parse(out.str())["findings"][0]["object_details"];
  ASSERT_EQ(details.size(), 1u) << "of 0xdead nothing is on record";
  EXPECT_EQ(details[0]["address"], "0xc0");
  EXPECT_EQ(details[0]["kind"], "chan");
  EXPECT_EQ(details[0]["created_at"], "f.cc:12");
  EXPECT_EQ(details[0]["created_by"], 3);
}

TEST(WriteFindingsJson, TakesBytesThatAreNoUtf8) {
  Finding finding;
  finding.explanation = "label \xff\xfe";
  std::ostringstream out;
  WriteFindingsJson(Snapshot(), {finding}, out);
  EXPECT_TRUE(nlohmann::json::accept(out.str()));
}

TEST(WriteFindingsJson, IsAnEmptyListWhenThereIsNothing) {
  std::ostringstream out;
  WriteFindingsJson(Snapshot(), {}, out);
  EXPECT_TRUE(nlohmann::json::parse(out.str())["findings"].empty());
}

TEST(FormatDuration, HasThreeFigures) {
  EXPECT_EQ(FormatDuration(0), "0ns");
  EXPECT_EQ(FormatDuration(999), "999ns");
  EXPECT_EQ(FormatDuration(1000), "1us");
  EXPECT_EQ(FormatDuration(1'234'567), "1.23ms");
  EXPECT_EQ(FormatDuration(12'345'678), "12.3ms");
  EXPECT_EQ(FormatDuration(999'999), "999us");
  EXPECT_EQ(FormatDuration(1'500'000'000), "1.5s");
  EXPECT_EQ(FormatDuration(59'990'000'000), "59.9s");
}

TEST(FormatDuration, NamesTwoUnitsFromAMinuteOn) {
  EXPECT_EQ(FormatDuration(60 * kSecond), "1m");
  EXPECT_EQ(FormatDuration(61 * kSecond), "1m1s");
  EXPECT_EQ(FormatDuration(3600 * kSecond), "1h");
  EXPECT_EQ(FormatDuration((3 * 3600 + 5 * 60 + 9) * kSecond), "3h5m");
  EXPECT_EQ(FormatDuration((49 * 3600) * kSecond), "2d1h");
}

TEST(FormatDuration, TakesNegativeAndExtremeValues) {
  EXPECT_EQ(FormatDuration(-1'500'000), "-1.5ms");
  EXPECT_EQ(FormatDuration(INT64_MIN), "-106751d23h");
}

}  // namespace
}  // namespace muster::inspector
