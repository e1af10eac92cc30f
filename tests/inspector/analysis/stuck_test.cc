// Verdicts about goroutines that are stuck without a lock: blocked for ever, global deadlock,
// outliving their test, abandoned channels, pile-ups.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using planted::Rules;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kA = 0xa0, kB = 0xb0;

TEST(BlockedForever, ProvesAReceiveFromANilChannel) {
  Planted p;
  p.Running(1);
  p.Waiting(7, "chan receive (nil chan)", {{0, ObjectKind::kChan, Direction::kReceive}});
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("blocked-forever"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7, created at app.cc:12 by goroutine 1, receives from a nil channel at "
            "work.cc:7, which nobody can ever wake.");
}

TEST(BlockedForever, ProvesASendOnANilChannel) {
  Planted p;
  p.Waiting(7, "chan send (nil chan)");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("blocked-forever"));
}

TEST(BlockedForever, ProvesASelectWithNoCasesOutsideMain) {
  Planted p;
  p.Running(1);
  p.Waiting(7, "select (no cases)");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("blocked-forever"));
}

TEST(BlockedForever, LeavesAMainAloneThatParksWhileOthersWork) {
  Planted p;
  p.Waiting(1, "select (no cases)");
  p.Waiting(7, "IO wait");
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(BlockedForever, BlamesAParkedMainWhenNobodyElseCanWork) {
  Planted p;
  p.Waiting(1, "select (no cases)");
  p.Waiting(7, "chan send (nil chan)");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("blocked-forever", "blocked-forever"));
}

TEST(BlockedForever, ProvesASelectWhoseChannelsAreAllNil) {
  Planted p;
  p.Running(1);
  p.Waiting(
      7, "select",
      {{0, ObjectKind::kChan, Direction::kReceive}, {0, ObjectKind::kChan, Direction::kSend}});
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("blocked-forever"));
}

TEST(BlockedForever, LeavesASelectAloneThatHasOneRealChannel) {
  Planted p;
  p.Running(1);
  p.Waiting(
      7, "select",
      {{0, ObjectKind::kChan, Direction::kReceive}, {kA, ObjectKind::kChan, Direction::kReceive}});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(BlockedForever, DoesNotTakeAnUnknownObjectOfADumpForNil) {
  Planted p;
  p.snapshot.format = "text2";
  p.Waiting(7, "select", {{0, ObjectKind::kChan, Direction::kReceive}});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(BlockedForever, ExplainsThoseBehindTheLockItHolds) {
  Planted p;
  p.Running(1);
  p.Waiting(7, "chan receive (nil chan)");
  p.WaitsForMutex(8, kA);
  p.Mutex(kA, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("blocked-forever"));
  EXPECT_EQ(findings[0].count, 2u);
  EXPECT_THAT(findings[0].explanation, HasSubstr("goroutine 8 waits for a lock behind it"));
}

TEST(BlockedForever, GivesOneFindingForOneSite) {
  Planted p;
  p.Running(1);
  for (uint64_t id = 2; id < 102; ++id) {
    p.Waiting(id, "chan receive (nil chan)").stack = p.Stack({"Work@work.cc:9"});
  }
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("blocked-forever"));
  EXPECT_EQ(findings[0].count, 100u);
  EXPECT_THAT(findings[0].explanation, HasSubstr("goroutines 2, 3, 4, 5, 6 and 95 more"));
}

TEST(GlobalDeadlock, IsProvenWhenTheRuntimeSaysSo) {
  Planted p;
  p.Sends(19, 0);
  p.Sends(1, 0);
  p.snapshot.preamble = "fatal error: all goroutines are asleep - deadlock!";
  p.snapshot.format = "text2";
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("global-deadlock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(1u, 19u));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("goroutine 1 waits in chan send at work.cc:1 and goroutine 19"));
}

TEST(GlobalDeadlock, IsSuspectedWhenEveryoneNeedsAnother) {
  Planted p;
  p.Waiting(1, "sync.WaitGroup.Wait", {{kA, ObjectKind::kWaitGroup, Direction::kNone}});
  p.Sends(7, kB);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("global-deadlock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_THAT(findings[0].explanation, HasSubstr("which a snapshot cannot rule out"));
}

TEST(GlobalDeadlock, IsNoneWhileMainSleeps) {
  Planted p;
  p.Waiting(1, "sleep");
  p.Sends(7, kB);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(GlobalDeadlock, IsNoneForAnIdleServerFedByThreads) {
  Planted p;
  p.Waiting(1, "sync.WaitGroup.Wait");
  for (uint64_t id = 2; id < 6; ++id) p.Receives(id, kA);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(GlobalDeadlock, IsNoneWhileAForeignThreadRuns) {
  Planted p;
  p.Waiting(1, "sync.WaitGroup.Wait");
  p.Thread(100, State::kRunning);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(GlobalDeadlock, DoesNotCountTheThreadThatWaitsForMain) {
  Planted p;
  p.Waiting(1, "sync.WaitGroup.Wait");
  p.Thread(100, State::kWaiting, record::ToString(record::WaitReason::kRunMain));
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("global-deadlock"));
}

TEST(GlobalDeadlock, IsNoneInAnIncompleteSnapshot) {
  Planted p;
  p.Waiting(1, "sync.WaitGroup.Wait");
  p.snapshot.live = 2;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(GlobalDeadlock, GivesWayToTheCycleThatExplainsIt) {
  Planted p;
  p.WaitsForMutex(1, kB);
  p.WaitsForMutex(2, kA);
  p.Mutex(kA, 1);
  p.Mutex(kB, 2);
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("lock-cycle"));
}

AnalyzeOptions AfterTest(const std::string& name) {
  AnalyzeOptions options;
  options.ended_label_key = "test";
  options.ended_label_value = name;
  return options;
}

TEST(OutlivesTest, NamesThoseThatCarryTheEndedLabel) {
  Planted p;
  p.Running(1);
  p.Receives(7, kA).labels = {{"test", "Suite.Leaks"}};
  const auto findings = p.Analyze(AfterTest("Suite.Leaks"));
  ASSERT_THAT(Rules(findings), ElementsAre("outlives-test"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_EQ(findings[0].title, "1 goroutine outlives test Suite.Leaks");
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7, created at app.cc:12 by goroutine 1, is still there after test "
            "Suite.Leaks has ended: in chan receive at work.cc:7.");
  EXPECT_THAT(findings[0].actors, ElementsAre("someone must send on or close chan 0xa0"));
}

TEST(OutlivesTest, NamesNoCreatorWhenThereAreSeveral) {
  Planted p;
  p.Running(1);
  for (uint64_t id = 7; id < 9; ++id) {
    p.Receives(id, kA).labels = {{"test", "S.T"}};
    p.last().parent_id = id - 4;
  }
  const auto findings = p.Analyze(AfterTest("S.T"));
  ASSERT_THAT(Rules(findings), ElementsAre("outlives-test"));
  EXPECT_THAT(findings[0].explanation,
              testing::StartsWith("goroutines 7 and 8, created at app.cc:12, are still there"));
}

TEST(OutlivesTest, DoesNotBlameTheBackgroundOfOtherTests) {
  Planted p;
  p.Receives(7, kA).labels = {{"test", "Suite.Other"}};
  p.Receives(8, kB);
  EXPECT_THAT(p.Analyze(AfterTest("Suite.Leaks")), IsEmpty());
}

TEST(OutlivesTest, GroupsByWhereTheyWereCreated) {
  Planted p;
  for (uint64_t id = 2; id < 6; ++id) {
    p.Receives(id, kA).labels = {{"test", "S.T"}};
    p.last().creation_stack = p.Stack({id < 4 ? "First@a.cc:1" : "Second@a.cc:2"});
  }
  const auto findings = p.Analyze(AfterTest("S.T"));
  ASSERT_THAT(Rules(findings), ElementsAre("outlives-test", "outlives-test"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(2u, 3u));
  EXPECT_THAT(findings[1].goroutines, ElementsAre(4u, 5u));
}

TEST(OutlivesTest, IsGivenBesideTheCycleThatHoldsThem) {
  Planted p;
  p.WaitsForMutex(7, kB).labels = {{"test", "S.T"}};
  p.WaitsForMutex(8, kA).labels = {{"test", "S.T"}};
  p.Mutex(kA, 7);
  p.Mutex(kB, 8);
  EXPECT_THAT(Rules(p.Analyze(AfterTest("S.T"))), ElementsAre("lock-cycle", "outlives-test"));
}

TEST(OutlivesTest, LooksForNothingWhenNoScopeIsOver) {
  Planted p;
  p.Receives(7, kA).labels = {{"", ""}};
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

// A receiver nobody sends to: Leak() started it, let go of its own handle and returned.
void PlantForgottenReceiver(Planted* p) {
  p->Waiting(1, "sleep").stack = p->Stack({"main@app.cc:30"});
  p->Receives(7, kA).creation_stack = p->Stack({"Leak@leak.cc:5", "main@app.cc:20"});
  p->Chan(kA, 1, 1);
}

TEST(AbandonedChannel, SuspectsAReceiverWhoseHandleIsTheLast) {
  Planted p;
  PlantForgottenReceiver(&p);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("abandoned-channel"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7, created at leak.cc:5 by goroutine 1, waits in chan receive at work.cc:7 "
            "on chan 0xa0, which nobody sends on: no one else waits on it, and its 1 handle is all "
            "accounted for by those who wait on it.");
}

TEST(AbandonedChannel, LeavesAnIdleWorkerAloneWhoseChannelMainStillHas) {
  Planted p;
  PlantForgottenReceiver(&p);
  p.snapshot.resources[0].references = 2;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(AbandonedChannel, LeavesAWorkerAloneWhoseStarterIsStillThere) {
  Planted p;
  PlantForgottenReceiver(&p);
  p.snapshot.goroutines[0].stack = p.Stack({"Leak@leak.cc:8", "main@app.cc:20"});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(AbandonedChannel, LeavesAYoungWaitAlone) {
  Planted p;
  PlantForgottenReceiver(&p);
  p.snapshot.goroutines[1].wait_ns = kSecond / 2;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(AbandonedChannel, CountsTheHandleOfARangeFor) {
  Planted p;
  PlantForgottenReceiver(&p);
  p.snapshot.resources[0].references = 2;
  p.snapshot.goroutines[1].stack =
      p.Stack({"muster::ChanIterator<int>::operator++@chan.h:110", "Work@work.cc:7"});
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("abandoned-channel"));
}

TEST(AbandonedChannel, SuspectsAPoolWhoseChannelNobodyElseHas) {
  Planted p;
  p.Waiting(1, "sleep");
  for (uint64_t id = 2; id < 5; ++id) p.Receives(id, kA);
  p.Chan(kA, 1, 3);
  EXPECT_FALSE(p.Analyze().empty());
}

TEST(AbandonedChannel, LeavesAPoolAloneThatSharesOneHandleByReference) {
  Planted p;
  p.Waiting(1, "sync.WaitGroup.Wait");
  for (uint64_t id = 2; id < 5; ++id) p.Receives(id, kA);
  p.Chan(kA, 1, 1);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(AbandonedChannel, LeavesASelectAloneThatAContextCanEnd) {
  Planted p;
  p.Waiting(1, "sleep").stack = p.Stack({"main@app.cc:30"});
  p.Waiting(
       7, "select",
       {{kA, ObjectKind::kChan, Direction::kReceive}, {kB, ObjectKind::kChan, Direction::kReceive}})
      .creation_stack = p.Stack({"Start@start.cc:5"});
  p.Chan(kA, 1, 1);
  p.Chan(kB, 1, 3);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(AbandonedChannel, GoesByTheCreatorWhereHandlesAreNotCounted) {
  Planted p;
  p.Waiting(1, "sleep");
  p.Sends(7, kA).parent_id = 5;
  p.Chan(kA, 5, 0);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("abandoned-channel"));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("which nobody receives from: no one else waits on it, and goroutine 5, "
                        "which made it, has ended."));
}

TEST(AbandonedChannel, GivesNoVerdictOnCreatorsFromAnIncompleteSnapshot) {
  Planted p;
  p.Sends(7, kA).parent_id = 5;
  p.Chan(kA, 5, 0);
  p.snapshot.live = 9;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(AbandonedChannel, LeavesAnIdlePoolAloneWhoseCreatorLives) {
  Planted p;
  p.Waiting(1, "sleep");
  for (uint64_t id = 2; id < 5; ++id) p.Receives(id, kA);
  p.Chan(kA, 1, 0);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

// `count` goroutines of one site, the youngest of age `from`, the oldest of age `to`.
void PlantGroup(Planted* p, uint64_t count, int64_t from, int64_t to,
                const std::string& reason = "chan receive") {
  p->Running(1);
  const StackId stack = p->Stack({"Handle@serve.cc:40"});
  for (uint64_t k = 0; k < count; ++k) {
    Goroutine& g = p->Waiting(k + 2, reason);
    g.stack = stack;
    g.age_ns = to - (to - from) * static_cast<int64_t>(k) / static_cast<int64_t>(count);
  }
}

TEST(PileUp, SuspectsASpawnerThatGoesOn) {
  Planted p;
  PlantGroup(&p, 2000, 0, 20 * kSecond);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("pile-up"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_EQ(findings[0].count, 2000u);
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("2000 goroutines of 2001 (100.0%), created at app.cc:12 by goroutine 1, "
                        "stand in Handle at serve.cc:40"));
}

TEST(PileUp, LeavesAHundredThousandAloneThatWereStartedAtOnce) {
  Planted p;
  PlantGroup(&p, 100'000, 19 * kSecond, 20 * kSecond);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(PileUp, LeavesASmallGroupAlone) {
  Planted p;
  PlantGroup(&p, 999, 0, 20 * kSecond);
  EXPECT_THAT(p.Analyze(), IsEmpty());
  AnalyzeOptions options;
  options.pile_up_count = 999;
  EXPECT_THAT(Rules(p.Analyze(options)), ElementsAre("pile-up"));
}

TEST(PileUp, LeavesIdleConnectionsAlone) {
  Planted p;
  PlantGroup(&p, 2000, 0, 20 * kSecond, "IO wait");
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(PileUp, LeavesThoseAloneThatWaitBehindACycle) {
  Planted p;
  p.WaitsForMutex(1, kB);
  p.WaitsForMutex(2, kA);
  p.Mutex(kA, 1);
  p.Mutex(kB, 2);
  const StackId stack = p.Stack({"Handle@serve.cc:40"});
  for (uint64_t id = 3; id < 2003; ++id) {
    p.WaitsForMutex(id, kA).stack = stack;
    p.last().age_ns = static_cast<int64_t>(id) * kSecond;
  }
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("lock-cycle"));
}

TEST(Healthy, IsAnEmptySnapshot) { EXPECT_THAT(Analyze(Snapshot()), IsEmpty()); }

TEST(Healthy, IsAPipelineBetweenValuesWithATickerInMain) {
  Planted p;
  p.Receives(1, 0x10).wait_ns = kSecond / 10;  // ticker.C
  p.Chan(0x10, 1, 2);
  for (uint64_t id = 2; id < 6; ++id) {
    p.Receives(id, 0x20 * id).wait_ns = kSecond / 10;
    p.Chan(0x20 * id, 1, 3);
  }
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Order, PutsProvenFirst) {
  Planted p;
  p.Running(1);
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 7);
  p.Sends(5, 0x50);
  p.Chan(0x50, 99, 0);
  p.Waiting(9, "chan receive (nil chan)");
  EXPECT_THAT(Rules(p.Analyze()),
              ElementsAre("blocked-forever", "self-deadlock", "abandoned-channel"));
}

}  // namespace
}  // namespace muster::inspector
