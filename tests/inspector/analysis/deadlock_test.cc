// Verdicts that rest on a search of the process's memory: deadlocks of locks and other things
// together, and calls of Done that are missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::Planted;
using planted::Rules;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kLock = 0xa0, kChan = 0xc0, kGroup = 0xd0;

// Goroutine 7 has the lock and waits to send; 8 and 9 could receive, and wait for the lock. What a
// search would have found is filled in.
class Searched : public Planted {
 public:
  Searched() {
    snapshot.reachability_searched = true;
    Sends(7, kChan).deadlocked = true;
    last().could_wake = {8, 9};
    WaitsForMutex(8, kLock).deadlocked = true;
    WaitsForMutex(9, kLock).deadlocked = true;
    Mutex(kLock, 7);
    Chan(kChan, 3, 3).created_at = Stack({"Main@app.cc:30"});
  }
  Goroutine& Of(uint64_t id) {
    for (Goroutine& g : snapshot.goroutines) {
      if (g.id == id) return g;
    }
    return last();
  }
};

TEST(Deadlock, SaysWhoWouldHaveToActAndWhyNoneCan) {
  Searched p;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("deadlock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_EQ(findings[0].title, "deadlock of 3 goroutines");
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7 holds sync.Mutex 0xa0 (taken at bank.cc:7) and waits in chan send at "
            "work.cc:7 on chan 0xc0, made at app.cc:30 by goroutine 3, where either goroutine 8 or "
            "goroutine 9 would have to receive; goroutine 8 waits in sync.Mutex.Lock at work.cc:8 "
            "for sync.Mutex 0xa0 behind goroutine 7; goroutine 9 waits in sync.Mutex.Lock at "
            "work.cc:9 for sync.Mutex 0xa0 behind goroutine 7; nobody that can run has a way to "
            "any of this, so none of them can go on unless another goroutine unlocks for one.");
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7, 8, 9));
  EXPECT_THAT(findings[0].objects, UnorderedElementsAre(kLock, kChan));
  EXPECT_THAT(findings[0].actors,
              ElementsAre("goroutine 7 must let go of sync.Mutex 0xa0 before it waits"));
}

// The one or the other is an OR: one that has gone on since the search is enough.
TEST(Deadlock, IsNoneOnceOneOfThoseWhoCouldActHasGoneOn) {
  Searched p;
  p.Of(9).deadlocked = false;
  p.Of(9).state = State::kRunning;
  p.Of(9).waits.clear();
  EXPECT_THAT(Rules(p.Analyze()), Not(::testing::Contains("deadlock")));
}

// A lock is an AND: that one of two readers could leave does not help a writer.
TEST(Deadlock, HoldsUpAWriterByOneOfItsReaders) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Receives(7, kChan).deadlocked = true;
  p.last().could_wake = {9};
  p.HoldsForReading(kLock);
  p.Running(8);
  p.HoldsForReading(kLock);
  p.WaitsToWrite(9, kLock).deadlocked = true;
  p.RWMutex(kLock, 0).readers = 2;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("deadlock"));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("goroutine 7 holds sync.RWMutex 0xa0 (taken at reader.cc:5) and waits in "
                        "chan receive at work.cc:7 on chan 0xc0, where only goroutine 9 could send "
                        "or close; goroutine 9 waits in sync.RWMutex.Lock at work.cc:9"));
}

TEST(Deadlock, LeavesWhatHasTakenItsLockMeanwhile) {
  Searched p;
  p.snapshot.resources[0].owner_id = 5;
  p.Running(5);
  EXPECT_THAT(Rules(p.Analyze()), Not(::testing::Contains("deadlock")));
}

TEST(Deadlock, NamesTheOneWhoCouldCallDone) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Waiting(7, "sync.WaitGroup.Wait", {{kGroup, ObjectKind::kWaitGroup, Direction::kNone}});
  p.last().deadlocked = true;
  p.last().could_wake = {8};
  p.WaitsForMutex(8, kLock).deadlocked = true;
  p.Mutex(kLock, 7);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("deadlock"));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("on sync.WaitGroup 0xd0, where only goroutine 8 could call Done"));
}

TEST(Deadlock, LeavesACycleOfLocksToItsOwnVerdict) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.WaitsForMutex(7, 0xb0).deadlocked = true;
  p.WaitsForMutex(8, kLock).deadlocked = true;
  p.Mutex(kLock, 7);
  p.Mutex(0xb0, 8);
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("lock-cycle"));
}

// Without a search nobody knows who has the channel.
TEST(Deadlock, IsNotToldWithoutASearch) {
  Searched p;
  p.snapshot.reachability_searched = false;
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("lock-held-across-wait"));
}

// ---- a Done that is missing

TEST(MissingDone, IsProvenWhenNobodyHasTheWaitGroup) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Running(1);
  p.Waiting(7, "sync.WaitGroup.Wait", {{kGroup, ObjectKind::kWaitGroup, Direction::kNone}});
  p.last().status_flags = "(leaked)";
  p.Owned(kGroup, ObjectKind::kWaitGroup, 0).counter = 2;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("missing-done"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7, created at app.cc:12 by goroutine 1, waits in sync.WaitGroup.Wait at "
            "work.cc:7 on sync.WaitGroup 0xd0, whose counter is 2: 2 calls of Done are missing; no "
            "pointer to it can be found from anything that can still run, so nobody is left who "
            "could call Done.");
}

TEST(MissingDone, IsNoneWhenSomebodyStillHasTheWaitGroup) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Running(1);
  p.Waiting(7, "sync.WaitGroup.Wait", {{kGroup, ObjectKind::kWaitGroup, Direction::kNone}});
  p.Owned(kGroup, ObjectKind::kWaitGroup, 0).counter = 2;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

// ---- a loop that nothing can stop

TEST(UnstoppableLoop, IsToldAsCertainNow) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Waiting(7, "select",
            {{kLock, ObjectKind::kChan, Direction::kReceive},
             {kChan, ObjectKind::kChan, Direction::kReceive}})
      .unstoppable = true;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("unstoppable-loop"));
  EXPECT_EQ(findings[0].certainty, Certainty::kCertainNow);
  EXPECT_EQ(
      findings[0].explanation,
      "goroutine 7, created at app.cc:12 by goroutine 1, waits at work.cc:7 for a timer or to "
      "be stopped by way of another channel, which nobody else has any more, so that it goes "
      "on for ever.");
}

TEST(UnstoppableLoop, IsNoneThatCanBeStopped) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Waiting(7, "select",
            {{kLock, ObjectKind::kChan, Direction::kReceive},
             {kChan, ObjectKind::kChan, Direction::kReceive}});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

}  // namespace
}  // namespace muster::inspector
