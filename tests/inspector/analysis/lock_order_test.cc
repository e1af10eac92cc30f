// Verdicts about the order in which locks were taken: each kind of cycle, and what keeps it apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::Planted;
using planted::Rules;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kA = 0xa0, kB = 0xb0, kC = 0xc0, kGate = 0xd0;

// A planted snapshot of nothing but orders.
class Orders : public Planted {
 public:
  Held Mutex(uint64_t lock) { return Taken(lock, ObjectKind::kMutex, Direction::kNone); }
  Held Read(uint64_t lock) { return Taken(lock, ObjectKind::kRWMutex, Direction::kRead); }
  Held Write(uint64_t lock) { return Taken(lock, ObjectKind::kRWMutex, Direction::kWrite); }

  LockOrder& Add(uint64_t goroutine, Held from, Held to, std::vector<Held> gates = {}) {
    LockOrder order;
    order.from = from;
    order.to = to;
    order.gates = std::move(gates);
    order.goroutine_id = goroutine;
    order.first_moment = order.last_moment = ++moment_;
    order.ancestors = {{1, ++moment_}};
    order.stack = Stack({"Take@bank.cc:" + std::to_string(100 + to.object)});
    order.creation_stack = Stack({"main@app.cc:" + std::to_string(goroutine)});
    snapshot.lock_orders.push_back(order);
    return snapshot.lock_orders.back();
  }
  LockOrder& Add(uint64_t goroutine, uint64_t from, uint64_t to, std::vector<Held> gates = {}) {
    return Add(goroutine, Mutex(from), Mutex(to), std::move(gates));
  }

 private:
  Held Taken(uint64_t lock, ObjectKind kind, Direction direction) {
    return {lock, kind, direction, Stack({"Take@bank.cc:" + std::to_string(lock)})};
  }

  uint64_t moment_ = 0;
};

TEST(LockOrder, OfTwoLocksBothWaysIsSuspected) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(8, kB, kA);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-order"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_EQ(findings[0].title, "lock order inversion of 2 locks");
  EXPECT_EQ(findings[0].explanation,
            "goroutine 7 (created at app.cc:7 by goroutine 1) took sync.Mutex 0xb0 at bank.cc:276 "
            "while it held sync.Mutex 0xa0 (taken at bank.cc:160); goroutine 8 (created at "
            "app.cc:8 by goroutine 1) took sync.Mutex 0xa0 at bank.cc:260 while it held "
            "sync.Mutex 0xb0 (taken at bank.cc:176); had they done so at the same time, each would "
            "wait for the next for ever.");
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u));
  EXPECT_THAT(findings[0].objects, ElementsAre(kA, kB));
  EXPECT_THAT(findings[0].actors,
              ElementsAre("whoever takes sync.Mutex 0xa0 and sync.Mutex 0xb0 must take them in one "
                          "order, or under one more lock"));
}

TEST(LockOrder, ThatIsTheSameEverywhereIsFine) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(8, kA, kB);
  p.Add(8, kB, kC);
  p.Add(9, kA, kC);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockOrder, OfOneGoroutineIsFine) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(7, kB, kA);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockOrder, NeedsOnlyOnePairOfGoroutinesThatDiffer) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(7, kB, kA);
  p.Add(8, kB, kA);
  ASSERT_THAT(p.Analyze(), SizeIs(1));
  EXPECT_THAT(p.Analyze()[0].goroutines, ElementsAre(7u, 8u));
}

TEST(LockOrder, UnderAGateIsFine) {
  Orders p;
  p.Add(7, kA, kB, {p.Mutex(kGate)});
  p.Add(8, kB, kA, {p.Mutex(kGate)});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockOrder, UnderAGateOfOneIsNot) {
  Orders p;
  p.Add(7, kA, kB, {p.Mutex(kGate)});
  p.Add(8, kB, kA);
  EXPECT_THAT(p.Analyze(), SizeIs(1));
}

TEST(LockOrder, UnderAGateThatBothOnlyReadIsNot) {
  Orders p;
  p.Add(7, kA, kB, {p.Read(kGate)});
  p.Add(8, kB, kA, {p.Read(kGate)});
  EXPECT_THAT(p.Analyze(), SizeIs(1));
  p.snapshot.lock_orders[0].gates = {p.Write(kGate)};
  EXPECT_THAT(p.Analyze(), IsEmpty()) << "a writer keeps readers out";
}

TEST(LockOrder, OfThreeLocksIsFound) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(8, kB, kC);
  p.Add(9, kC, kA);
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-order"));
  EXPECT_EQ(findings[0].title, "lock order inversion of 3 locks");
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u, 8u, 9u));
}

TEST(LockOrder, OfThreeLocksNeedsThreeGoroutines) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(8, kB, kC);
  p.Add(7, kC, kA);
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockOrder, IsFoundUpToSixLocksAndNoFurther) {
  for (const uint64_t length : {6u, 7u}) {
    Orders p;
    for (uint64_t i = 0; i < length; ++i) p.Add(7 + i, 0x10 + i, 0x10 + (i + 1) % length);
    EXPECT_THAT(p.Analyze(), SizeIs(length == 6 ? 1 : 0)) << length;
  }
}

TEST(LockOrder, OfLongerCyclesIsNotToldBesideAShorterOne) {
  Orders p;
  p.Add(7, kA, kB);
  p.Add(8, kB, kA);
  p.Add(9, kB, kC);
  p.Add(10, kC, kA);
  const auto findings = p.Analyze();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].objects, ElementsAre(kA, kB));
}

TEST(LockOrder, OfReadersAndWritersIsFound) {
  Orders p;
  p.Add(7, p.Read(kA), p.Mutex(kB));
  p.Add(8, p.Mutex(kB), p.Write(kA));
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("lock-order"));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("while it held the read lock of sync.RWMutex 0xa0"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("took the write lock of sync.RWMutex 0xa0"));
}

TEST(LockOrder, OfReadersOnlyIsFine) {
  Orders p;
  p.Add(7, p.Read(kA), p.Read(kB));
  p.Add(8, p.Read(kB), p.Read(kA));
  p.Add(9, p.Read(kA), p.Mutex(kC));
  p.Add(10, p.Mutex(kC), p.Read(kA));
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LockOrder, BeforeTheOtherWasStartedIsFine) {
  Orders p;
  p.Add(1, kA, kB).last_moment = 10;
  p.Add(8, kB, kA).ancestors = {{5, 30}, {1, 20}};
  EXPECT_THAT(p.Analyze(), IsEmpty());
  p.snapshot.lock_orders[0].last_moment = 25;
  EXPECT_THAT(p.Analyze(), SizeIs(1)) << "and again afterwards";
}

TEST(LockOrder, AfterTheOtherWasWaitedForIsFine) {
  Orders p;
  p.Add(8, kB, kA).joined = {1, 20};
  p.Add(1, kA, kB).first_moment = 30;
  EXPECT_THAT(p.Analyze(), IsEmpty());
  p.snapshot.lock_orders[1].first_moment = 15;
  EXPECT_THAT(p.Analyze(), SizeIs(1)) << "and once before";
}

TEST(LockOrder, OfTwoStartedOneAfterTheOtherIsFine) {
  Orders p;
  p.Add(8, kB, kA).joined = {1, 20};
  p.Add(9, kA, kB).ancestors = {{1, 30}};
  EXPECT_THAT(p.Analyze(), IsEmpty());
  p.snapshot.lock_orders[1].ancestors = {{1, 15}};
  EXPECT_THAT(p.Analyze(), SizeIs(1)) << "the second was started before the first was waited for";
}

TEST(LockOrder, AtTheSamePlacesIsOneFinding) {
  Orders p;
  for (uint64_t i = 0; i < 3; ++i) {
    p.Add(7, kA + i, kB + i);
    p.Add(8, kB + i, kA + i);
  }
  const StackId place = p.Stack({"Transfer@bank.cc:12"});
  for (LockOrder& order : p.snapshot.lock_orders) {
    order.stack = order.from.acquired_at = place;
  }
  const auto findings = p.Analyze();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr(" At the same places 2 more cycles of other locks were made."));
}

TEST(LockOrder, AtUnknownPlacesIsNotTakenForTheSame) {
  Orders p;
  for (uint64_t i = 0; i < 2; ++i) {
    p.Add(7, kA + i, kB + i);
    p.Add(8, kB + i, kA + i);
  }
  for (LockOrder& order : p.snapshot.lock_orders) {
    order.stack = order.from.acquired_at = order.to.acquired_at = kNoStack;
  }
  EXPECT_THAT(p.Analyze(), SizeIs(2));
}

TEST(LockOrder, IsNotToldAgainOfThoseWhoHangInIt) {
  Orders p;
  p.WaitsForMutex(7, kB);
  p.WaitsForMutex(8, kA);
  p.Planted::Mutex(kA, 7);
  p.Planted::Mutex(kB, 8);
  p.Add(7, kA, kB);
  p.Add(8, kB, kA);
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("lock-cycle"));
}

TEST(LockOrder, OfAFullTableIsSearchedInBoundedTime) {
  Orders p;
  // 64 locks, each taken under each other one: 2016 cycles of two, and all longer ones beside them.
  for (uint64_t from = 0; from < 64; ++from) {
    for (uint64_t to = 0; to < 64; ++to) {
      if (from != to) p.Add(1000 + from, from + 1, to + 1);
    }
  }
  EXPECT_THAT(p.Analyze(), SizeIs(2016));
}

}  // namespace
}  // namespace muster::inspector
