// Verdicts about who waits for whom over locks: self-deadlock, nested read lock, lock cycle, lost
// holder.
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

constexpr uint64_t kA = 0xa0, kB = 0xb0, kC = 0xc0, kD = 0xd0;

TEST(SelfDeadlock, FindsAMutexLockedTwice) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7 holds sync.Mutex 0xa0 (taken at bank.cc:7) and waits at work.cc:7 to lock "
            "it again; only an Unlock by another goroutine could wake it.");
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u));
  EXPECT_THAT(findings[0].objects, ElementsAre(kA));
}

TEST(SelfDeadlock, LeavesOrdinaryContentionAlone) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Running(8);
  p.Mutex(kA, 8);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(SelfDeadlock, LeavesAHoldAloneThatBeganAfterTheWaitWasRead) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 7).owned_ns = 1000;  // it got the lock while the capture went on
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(SelfDeadlock, FindsAReaderThatWantsToWrite) {
  Planted p;
  p.WaitsToWrite(7, kA);
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0).readers = 1;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_THAT(
      findings[0].explanation,
      HasSubstr("goroutine 7 holds sync.RWMutex 0xa0 for reading (taken at reader.cc:5) and "
                "waits at work.cc:7 to lock it for writing"));
}

TEST(SelfDeadlock, FindsAWriterThatWantsToRead) {
  Planted p;
  p.WaitsToRead(7, kA);
  p.RWMutex(kA, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("to lock it for reading too"));
}

TEST(SelfDeadlock, FindsAWriterThatWantsToWriteAgain) {
  Planted p;
  p.WaitsToWrite(7, kA);
  p.RWMutex(kA, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("to lock it for writing again"));
}

TEST(SelfDeadlock, ProvesAOnceThatCallsItself) {
  Planted p;
  p.Waiting(7, "sync.Once.Do", {{kA, ObjectKind::kOnce, Direction::kNone}});
  p.Owned(kA, ObjectKind::kOnce, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
}

TEST(SelfDeadlock, LeavesAOnceAloneThatAnotherRuns) {
  Planted p;
  p.Waiting(7, "sync.Once.Do", {{kA, ObjectKind::kOnce, Direction::kNone}});
  p.Running(8);
  p.Owned(kA, ObjectKind::kOnce, 8);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(SelfDeadlock, CountsThoseThatWaitBehindIt) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.WaitsForMutex(8, kA);
  p.WaitsForMutex(9, kA);
  p.Mutex(kA, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_EQ(findings[0].count, 3u);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u));
}

TEST(NestedReadLock, FindsASecondReadLockBehindAQueuedWriter) {
  Planted p;
  p.WaitsToRead(7, kA);
  p.HoldsForReading(kA);
  p.WaitsToWrite(8, kA);
  p.RWMutex(kA, 0).writer_waiting = true;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("nested-read-lock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u));
  EXPECT_THAT(findings[0].explanation, HasSubstr("behind goroutine 8, which waits at work.cc:8"));
}

TEST(NestedReadLock, LeavesTwoReadLocksAloneWhenNoWriterIsQueued) {
  Planted p;
  p.Running(7);
  p.HoldsForReading(kA);
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0).readers = 2;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(NestedReadLock, LeavesAReaderAloneThatHoldsAnotherLock) {
  Planted p;
  p.WaitsToRead(7, kA);
  p.HoldsForReading(kB);
  p.WaitsToWrite(8, kA);
  p.Running(9);
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0);
  p.RWMutex(kB, 0);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

void PlantCycleOfTwo(Planted* p, uint64_t first, uint64_t a, uint64_t b) {
  p->WaitsForMutex(first, b);
  p->WaitsForMutex(first + 1, a);
  p->Mutex(a, first);
  p->Mutex(b, first + 1);
}

TEST(LockCycle, FindsTwoMutexesTakenInOppositeOrder) {
  Planted p;
  PlantCycleOfTwo(&p, 7, kA, kB);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_EQ(findings[0].title, "lock cycle of 2 goroutines");
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7 holds sync.Mutex 0xa0 (taken at bank.cc:7) and waits at work.cc:7 for "
            "sync.Mutex 0xb0 held by goroutine 8; goroutine 8 holds sync.Mutex 0xb0 (taken at "
            "bank.cc:8) and waits at work.cc:8 for sync.Mutex 0xa0 held by goroutine 7; none of "
            "them can go on unless another goroutine unlocks for one.");
  EXPECT_THAT(findings[0].actors, ElementsAre("goroutine 8 must let go of sync.Mutex 0xb0",
                                              "goroutine 7 must let go of sync.Mutex 0xa0"));
}

TEST(LockCycle, LeavesAChainAloneWhoseEndRuns) {
  Planted p;
  p.WaitsForMutex(7, kB);
  p.Running(8);
  p.Mutex(kA, 7);
  p.Mutex(kB, 8);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockCycle, LeavesAChainAloneWhoseEndSleeps) {
  Planted p;
  p.WaitsForMutex(7, kB);
  p.Waiting(8, "sleep");
  p.Mutex(kB, 8);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockCycle, LeavesWaitsAloneThatAreTooYoungToHaveMet) {
  Planted p;
  PlantCycleOfTwo(&p, 7, kA, kB);
  p.snapshot.goroutines[0].wait_ns = 1000;
  EXPECT_THAT(p.Analyze(), IsEmpty());
  AnalyzeOptions at_once;
  at_once.settled_ns = 0;
  EXPECT_THAT(Rules(p.Analyze(at_once)), ElementsAre("lock-cycle"));
}

TEST(LockCycle, LeavesALockAloneThatWasHandedOverDuringTheCapture) {
  Planted p;
  PlantCycleOfTwo(&p, 7, kA, kB);
  p.snapshot.resources[1].owned_ns = 0;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockCycle, FindsACycleOfThree) {
  Planted p;
  p.WaitsForMutex(1, kB);
  p.WaitsForMutex(2, kC);
  p.WaitsForMutex(3, kA);
  p.Mutex(kA, 1);
  p.Mutex(kB, 2);
  p.Mutex(kC, 3);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(1u, 2u, 3u));
  EXPECT_THAT(findings[0].objects, ElementsAre(kB, kC, kA));
}

TEST(LockCycle, ReportsTwoCyclesThatShareNothingApart) {
  Planted p;
  PlantCycleOfTwo(&p, 7, kA, kB);
  PlantCycleOfTwo(&p, 17, kC, kD);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle", "lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u));
  EXPECT_THAT(findings[1].goroutines, ElementsAre(17u, 18u));
}

TEST(LockCycle, CountsButDoesNotBlameOneThatWaitsOnACycle) {
  Planted p;
  PlantCycleOfTwo(&p, 7, kA, kB);
  p.WaitsForMutex(9, kA);
  p.WaitsForMutex(10, kC);
  p.Mutex(kC, 9);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u));
  EXPECT_EQ(findings[0].count, 4u);
  EXPECT_THAT(findings[0].explanation, HasSubstr("2 more goroutines wait behind them."));
}

TEST(LockCycle, RunsThroughReadersThatAWriterWaitsFor) {
  Planted p;
  p.WaitsToWrite(7, kA);  // holds B
  p.WaitsForMutex(8, kB);
  p.HoldsForReading(kA);
  p.Running(9);  // another reader, which is free
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0).readers = 2;
  p.Mutex(kB, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("goroutine 8 holds sync.RWMutex 0xa0 for reading"));
}

TEST(LockCycle, LeavesReadersAloneThatAreFree) {
  Planted p;
  p.WaitsToWrite(7, kA);
  p.Running(8);
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0).readers = 1;
  p.Mutex(kB, 7);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockCycle, RunsThroughTheQueuedWriterThatAReaderWaitsBehind) {
  Planted p;
  p.WaitsToRead(7, kA);  // holds B, waits behind the writer
  p.WaitsToWrite(8, kA);
  p.WaitsForMutex(9, kB);
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0).writer_waiting = true;
  p.Mutex(kB, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u, 9u));
  EXPECT_THAT(
      findings[0].explanation,
      HasSubstr("waits at work.cc:7 for the read lock of sync.RWMutex 0xa0 behind goroutine "
                "8; goroutine 8 is the next writer of sync.RWMutex 0xa0 and waits"));
}

TEST(LockCycle, IncludesForeignThreads) {
  Planted p;
  p.WaitsForMutex(7, kB);
  p.Thread(100, State::kWaiting, "sync.Mutex.Lock").waits = {{kA, ObjectKind::kMutex, {}}};
  p.last().tid = 4711;
  p.Mutex(kA, 7);
  p.Mutex(kB, 100);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("held by thread 4711"));
}

TEST(LockCycle, ProvesACycleOfOnces) {
  Planted p;
  p.Waiting(7, "sync.Once.Do", {{kB, ObjectKind::kOnce, Direction::kNone}});
  p.Waiting(8, "sync.Once.Do", {{kA, ObjectKind::kOnce, Direction::kNone}});
  p.Owned(kA, ObjectKind::kOnce, 7);
  p.Owned(kB, ObjectKind::kOnce, 8);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
}

TEST(LockCycle, TakesTheShortestCycleOfAKnot) {
  // 1 wants A, which 2 and 3 hold for reading. 3 wants B of 1; 2 wants C of 3: two ways round.
  Planted p;
  p.WaitsToWrite(1, kA);
  p.WaitsForMutex(2, kC);
  p.HoldsForReading(kA);
  p.WaitsForMutex(3, kB);
  p.HoldsForReading(kA);
  p.RWMutex(kA, 0).readers = 2;
  p.Mutex(kB, 1);
  p.Mutex(kC, 3);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(1u, 3u));
  EXPECT_EQ(findings[0].count, 3u);
}

TEST(LostHolder, FindsALockWhoseHolderHasEnded) {
  Planted p;
  p.Running(1);
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 5);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lost-holder"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_EQ(findings[0].explanation,
            "goroutine 5 took sync.Mutex 0xa0 at bank.cc:5 and ended without letting go of it; "
            "goroutine 7 waits for it at work.cc:7, and only an Unlock by another goroutine could "
            "wake it.");
}

TEST(LostHolder, GivesNoVerdictFromAnIncompleteSnapshot) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 5);
  p.snapshot.live += 1;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LostHolder, GivesNoVerdictFromATruncatedOne) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 5);
  p.snapshot.truncated = true;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LostHolder, LeavesAHolderAloneThatStartedDuringTheCapture) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Mutex(kA, 500).owned_ns = 1000;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LostHolder, LeavesALockAloneThatAThreadHolds) {
  Planted p;
  p.WaitsForMutex(7, kA);
  p.Thread(5, State::kRunning);
  p.Mutex(kA, 5);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockHeldAcrossWait, FindsAHolderInASendWhoseLockIsWanted) {
  Planted p;
  p.Running(1);
  p.Mutex(0xa, 2);
  p.Sends(2, 0xc);
  p.WaitsForMutex(3, 0xa);
  const std::vector<Finding> findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-held-across-wait"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(2, 3));
  EXPECT_THAT(findings[0].objects, ElementsAre(0xa, 0xc));
  EXPECT_THAT(findings[0].explanation, HasSubstr("taken at bank.cc:2"));
}

TEST(LockHeldAcrossWait, LeavesALockAloneThatNobodyWants) {
  Planted p;
  p.Running(1);
  p.Mutex(0xa, 2);
  p.Sends(2, 0xc);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockHeldAcrossWait, LeavesAHolderAloneThatSleeps) {
  Planted p;
  p.Running(1);
  p.Mutex(0xa, 2);
  p.Waiting(2, "sleep");
  p.WaitsForMutex(3, 0xa);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockHeldAcrossWait, LeavesYoungWaitsAlone) {
  Planted p;
  p.Running(1);
  p.Mutex(0xa, 2);
  p.Sends(2, 0xc).wait_ns = kSecond / 2;
  p.WaitsForMutex(3, 0xa);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Scale, FindsTheCyclesAmong100000Goroutines) {
  Planted p;
  constexpr uint64_t kGoroutines = 100'000;
  for (uint64_t id = 1; id <= kGoroutines; id += 2) PlantCycleOfTwo(&p, id, id << 8, (id + 1) << 8);
  EXPECT_EQ(p.Analyze().size(), kGoroutines / 2);
}

TEST(Scale, FollowsAChainOf100000GoroutinesToItsCycle) {
  Planted p;
  constexpr uint64_t kGoroutines = 100'000;
  for (uint64_t id = 1; id <= kGoroutines; ++id) {
    p.WaitsForMutex(id, (id + 1) << 8);
    p.Mutex(id << 8, id);
  }
  p.Mutex((kGoroutines + 1) << 8, kGoroutines - 1);  // the last waits for the last but one
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_THAT(findings[0].goroutines, ElementsAre(kGoroutines - 1, kGoroutines));
  EXPECT_EQ(findings[0].count, kGoroutines);
}

TEST(Scale, TakesManyWritersBehindManyReadersInStride) {
  Planted p;
  constexpr uint64_t kEach = 20'000;  // as an edge for each pair: 400 million
  for (uint64_t id = 1; id <= kEach; ++id) {
    p.WaitsForMutex(id, kB);
    p.HoldsForReading(kA);
  }
  for (uint64_t id = kEach + 1; id <= 2 * kEach; ++id) p.WaitsToWrite(id, kA);
  p.RWMutex(kA, 0);
  p.Mutex(kB, kEach + 1);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-cycle"));
  EXPECT_EQ(findings[0].count, 2 * kEach);
}

}  // namespace
}  // namespace muster::inspector
