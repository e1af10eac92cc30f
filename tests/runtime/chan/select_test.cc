// The Go specification's rules on select.
#include "muster/select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "muster/go.h"
#include "muster/runtime.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/chan/elements.h"
#include "tests/runtime/wait_until.h"

namespace muster::testing {
namespace {

using record::WaitReason;
using ::testing::StartsWith;

// ---- choosing

TEST(Select, PerformsTheCaseThatIsReady) {
  muster::Run([] {
    auto empty = MakeChan<int>(1);
    auto full = MakeChan<int>(1);
    full.Send(5);
    std::optional<int> got;
    EXPECT_EQ(Select(OnRecv(empty), OnRecv(full, [&](std::optional<int> v) { got = v; })), 1);
    EXPECT_EQ(got, 5);
    full.Send(6);
    bool sent = false;
    EXPECT_EQ(Select(OnSend(full, 1), OnSend(empty, 2, [&] { sent = true; })), 1);
    EXPECT_TRUE(sent);
    EXPECT_EQ(empty.Recv(), 2);
  });
}

TEST(Select, IndexCountsTheDefaultWhereItStands) {
  muster::Run([] {
    auto nothing = MakeChan<int>();
    auto ready = MakeChan<int>(1);
    EXPECT_EQ(Select(OnDefault(), OnRecv(nothing)), 0);
    EXPECT_EQ(Select(OnRecv(nothing), OnDefault(), OnRecv(nothing)), 1);
    EXPECT_EQ(Select(OnRecv(nothing), OnDefault(), OnSend(ready, 1)), 2);
  });
}

TEST(Select, DefaultIsTakenOnlyWhenNothingIsReady) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    bool defaulted = false;
    EXPECT_EQ(Select(OnRecv(chan), OnDefault([&] { defaulted = true; })), 1);
    EXPECT_TRUE(defaulted);
    chan.Send(1);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(Select(OnRecv(chan), OnDefault([] { FAIL(); })), 0);
      EXPECT_EQ(Select(OnSend(chan, 1), OnDefault([] { FAIL(); })), 0);
    }
  });
}

TEST(Select, WaitsForASender) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>(2);
    int index = -1;
    std::optional<int> got;
    Crew crew;
    crew.Start([&] {
      index = Select(OnRecv(a), OnRecv(b, [&](std::optional<int> value) { got = value; }));
    });
    WaitUntilParkedOn(b.ref().get(), WaitReason::kSelect);
    b.Send(4);
    crew.Join();
    EXPECT_EQ(index, 1);
    EXPECT_EQ(got, 4);
  });
}

TEST(Select, WaitsForAReceiver) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>(1);
    b.Send(0);
    int index = -1;
    Crew crew;
    crew.Start([&] { index = Select(OnSend(a, 1), OnSend(b, 2)); });
    WaitUntilParkedOn(b.ref().get(), WaitReason::kSelect);
    EXPECT_EQ(b.Recv(), 0);
    EXPECT_EQ(b.Recv(), 2);
    crew.Join();
    EXPECT_EQ(index, 1);
  });
}

TEST(Select, MayHaveManyCases) {
  muster::Run([] {
    std::array<Chan<int>, 12> chans;
    for (auto& chan : chans) chan = MakeChan<int>();
    for (int target = 0; target < 12; ++target) {
      int index = -1;
      Crew crew;
      crew.Start([&] {
        index = Select(OnRecv(chans[0]), OnRecv(chans[1]), OnRecv(chans[2]), OnRecv(chans[3]),
                       OnRecv(chans[4]), OnRecv(chans[5]), OnRecv(chans[6]), OnRecv(chans[7]),
                       OnRecv(chans[8]), OnRecv(chans[9]), OnRecv(chans[10]), OnRecv(chans[11]));
      });
      WaitUntilParkedOn(chans[target].ref().get(), WaitReason::kSelect);
      chans[target].Send(1);
      crew.Join();
      EXPECT_EQ(index, target);
    }
  });
}

// ---- closed channels

TEST(SelectClosed, ReceiveIsReadyWithNothing) {
  muster::Run([] {
    auto open = MakeChan<int>();
    auto closed = MakeChan<int>();
    closed.Close();
    std::optional<int> got = 1;
    EXPECT_EQ(Select(OnRecv(open), OnRecv(closed, [&](std::optional<int> v) { got = v; })), 1);
    EXPECT_EQ(got, std::nullopt);
    EXPECT_EQ(Select(OnRecv(closed), OnDefault()), 0);
  });
}

TEST(SelectClosed, WakesAWaitingReceiveWithNothing) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    std::optional<int> got = 1;
    Crew crew;
    crew.Start([&] { Select(OnRecv(a), OnRecv(b, [&](std::optional<int> v) { got = v; })); });
    WaitUntilParkedOn(b.ref().get(), WaitReason::kSelect);
    b.Close();
    crew.Join();
    EXPECT_EQ(got, std::nullopt);
    EXPECT_FALSE(a.TrySend(1));  // its case on the other channel is gone
  });
}

TEST(SelectClosed, SendPanics) {
  muster::Run([] {
    auto open = MakeChan<int>();
    auto closed = MakeChan<int>(1);
    closed.Close();
    EXPECT_THAT(PanicText([&] { Select(OnSend(open, 1), OnSend(closed, 1)); }),
                StartsWith("send on closed channel"));
    EXPECT_THAT(PanicText([&] { Select(OnSend(closed, 1), OnDefault()); }),
                StartsWith("send on closed channel"));
    EXPECT_FALSE(open.TrySend(1));  // the locks have been given back
  });
}

TEST(SelectClosed, WakesAWaitingSendWithPanic) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    std::string panic;
    Crew crew;
    crew.Start([&] { panic = PanicText([&] { Select(OnRecv(a), OnSend(b, 1)); }); });
    WaitUntilParkedOn(b.ref().get(), WaitReason::kSelect);
    b.Close();
    crew.Join();
    EXPECT_THAT(panic, StartsWith("send on closed channel"));
    EXPECT_FALSE(a.TrySend(1));
  });
}

// ---- nil channels and no cases

TEST(SelectNil, CasesAreNeverReady) {
  muster::Run([] {
    Chan<int> nil;
    auto chan = MakeChan<int>(1);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(Select(OnRecv(nil), OnSend(nil, 1), OnSend(chan, 1)), 2);
      EXPECT_EQ(Select(OnRecv(chan), OnSend(nil, 1)), 0);
    }
    EXPECT_EQ(Select(OnRecv(nil), OnSend(nil, 1), OnDefault()), 2);
    EXPECT_EQ(Select(OnRecv(nil), OnDefault()), 1);
  });
}

TEST(SelectNil, AreSkippedWhileWaiting) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    int index = -1;
    Crew crew;
    crew.Start([&] { index = Select(OnRecv(Chan<int>()), OnRecv(chan), OnSend(Chan<int>(), 1)); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
    chan.Send(1);
    crew.Join();
    EXPECT_EQ(index, 1);
  });
}

TEST(SelectNil, OfNilChannelsOnlyBlocksForEver) {
  muster::Run([] {
    std::atomic<uint64_t> id{0};
    Go([&id] {
      id = runtime::GoroutineId();
      Select(OnRecv(Chan<int>()), OnSend(Chan<int>(), 1));
      FAIL() << "returned";
    });
    while (id == 0) runtime::Gosched();
    WaitUntilParked(id, WaitReason::kSelect);
  });
}

TEST(SelectEmpty, BlocksForEver) {
  muster::Run([] {
    std::atomic<uint64_t> id{0};
    Go([&id] {
      id = runtime::GoroutineId();
      Select();
      FAIL() << "returned";
    });
    while (id == 0) runtime::Gosched();
    WaitUntilParked(id, WaitReason::kSelectNoCases);
  });
}

TEST(SelectEmpty, WithADefaultTakesIt) {
  muster::Run([] { EXPECT_EQ(Select(OnDefault()), 0); });
}

// ---- one channel in several cases

TEST(SelectDuplicate, EitherCaseMayReceive) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    std::array<int, 2> chosen = {};
    for (int i = 0; i < 200; ++i) {
      chan.Send(1);
      ++chosen[Select(OnRecv(chan), OnRecv(chan))];
    }
    EXPECT_GT(chosen[0], 0);
    EXPECT_GT(chosen[1], 0);
  });
}

TEST(SelectDuplicate, OneValueWakesOneCase) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    int received = 0;
    Crew crew;
    crew.Start([&] {
      const auto count = [&](std::optional<int> value) { received += *value; };
      Select(OnRecv(chan, count), OnRecv(chan, count), OnRecv(chan, count));
    });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
    chan.Send(1);
    crew.Join();
    EXPECT_EQ(received, 1);
    EXPECT_FALSE(chan.TrySend(1));
  });
}

TEST(SelectDuplicate, DoesNotMeetItself) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    EXPECT_EQ(Select(OnSend(chan, 1), OnRecv(chan), OnDefault()), 2);
    int index = -1;
    std::optional<int> got;
    Crew crew;
    crew.Start([&] {
      index = Select(OnSend(chan, 1), OnRecv(chan, [&](std::optional<int> value) { got = value; }));
    });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
    chan.Send(7);  // another goroutine's
    crew.Join();
    EXPECT_EQ(index, 1);
    EXPECT_EQ(got, 7);
    std::optional<int> left;
    EXPECT_EQ(chan.TryRecv(&left), TryResult::kWouldBlock);
  });
}

TEST(SelectDuplicate, TwoSelectsOnOneChannelMeet) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::atomic<int> sent{0}, received{0};
    Crew crew;
    for (int i = 0; i < 2; ++i) {
      crew.Start(
          [&] { Select(OnSend(chan, 1, [&] { ++sent; }), OnRecv(chan, [&] { ++received; })); });
    }
    crew.Join();
    EXPECT_EQ(sent, 1);
    EXPECT_EQ(received, 1);
  });
}

// ---- after the choice

TEST(SelectAfter, LosingCasesAreWithdrawn) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    auto c = MakeChan<int>();
    Crew crew;
    crew.Start([&] { Select(OnRecv(a), OnRecv(b), OnSend(c, 1)); });
    WaitUntilParkedOn(a.ref().get(), WaitReason::kSelect);
    a.Send(1);
    crew.Join();
    EXPECT_FALSE(b.TrySend(1));
    std::optional<int> value;
    EXPECT_EQ(c.TryRecv(&value), TryResult::kWouldBlock);
  });
}

TEST(SelectAfter, TheOneBehindALosingCaseIsServed) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    std::optional<int> got;
    Crew crew;
    crew.Start([&] { Select(OnRecv(a), OnRecv(b)); });
    WaitUntilParkedOn(b.ref().get(), WaitReason::kSelect);
    crew.Start([&] { got = b.Recv(); });
    WaitUntilParkedOn(b.ref().get(), WaitReason::kChanReceive);
    a.Send(1);
    b.Send(2);  // perhaps before the select has taken its case back
    crew.Join();
    EXPECT_EQ(got, 2);
  });
}

TEST(SelectAfter, ASelectKeepsItsPlaceInTheQueue) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    auto other = MakeChan<int>();
    std::array<int, 3> got = {};
    Crew crew;
    crew.Start([&] { got[0] = chan.Recv().value(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    crew.Start([&] {
      Select(OnRecv(other), OnRecv(chan, [&](std::optional<int> value) { got[1] = *value; }));
    });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
    crew.Start([&] { got[2] = chan.Recv().value(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive, 2);
    for (int i = 1; i <= 3; ++i) chan.Send(i);
    crew.Join();
    EXPECT_THAT(got, ::testing::ElementsAre(1, 2, 3));
  });
}

TEST(SelectAfter, TheHandlerMayUseTheChannelsAndBlock) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Crew crew;
    crew.Start([&] {
      chan.Send(1);
      chan.Send(2);
    });
    int sum = 0;
    Select(OnRecv(chan, [&](std::optional<int> value) { sum = *value + chan.Recv().value(); }));
    EXPECT_EQ(sum, 3);
    crew.Join();
  });
}

TEST(SelectAfter, TheHandlerMayThrow) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    EXPECT_THROW(Select(OnSend(chan, 1, [] { throw std::runtime_error("handler"); })),
                 std::runtime_error);
    EXPECT_EQ(chan.Recv(), 1);  // the operation had been performed
  });
}

// ---- fairness

TEST(SelectFairness, ChoosesUniformlyAmongReadyCases) {
  muster::Run([] {
    // 8,000 draws of 4: the expectation is 2,000 each with a standard deviation of 39. The bounds
    // are six of them away: one failure in more than 10^8 runs.
    constexpr int kDraws = 8000;
    std::array<Chan<int>, 4> chans;
    for (auto& chan : chans) {
      chan = MakeChan<int>(1);
      chan.Send(0);
    }
    std::array<int, 4> chosen = {};
    for (int i = 0; i < kDraws; ++i) {
      const int index =
          Select(OnRecv(chans[0]), OnRecv(chans[1]), OnRecv(chans[2]), OnRecv(chans[3]));
      ++chosen[index];
      chans[index].Send(0);
    }
    for (int count : chosen) {
      EXPECT_GT(count, 2000 - 6 * 39);
      EXPECT_LT(count, 2000 + 6 * 39);
    }
  });
}

TEST(SelectFairness, ReadyCasesCompeteAsEqualsWhateverIsNotReady) {
  muster::Run([] {
    // Picking a random start and going round would prefer the case behind the one that is not
    // ready: 2,000 draws, expectation 1,000, standard deviation 22.
    constexpr int kDraws = 2000;
    auto never = MakeChan<int>();
    auto closed = MakeChan<int>();
    closed.Close();
    int first = 0;
    for (int i = 0; i < kDraws; ++i) {
      const int index = Select(OnRecv(closed), OnRecv(never), OnRecv(closed));
      ASSERT_NE(index, 1);
      first += index == 0 ? 1 : 0;
    }
    EXPECT_GT(first, 1000 - 6 * 22);
    EXPECT_LT(first, 1000 + 6 * 22);
  });
}

// ---- operands and ownership

using SelectOwnership = OwnershipTest;

TEST_F(SelectOwnership, OperandsAreEvaluatedOnce) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    int channels = 0, values = 0;
    const auto channel = [&] {
      ++channels;
      return chan;
    };
    const auto value = [&] { return ++values; };
    Select(OnSend(channel(), value()), OnRecv(Chan<int>()));
    EXPECT_EQ(channels, 1);
    EXPECT_EQ(values, 1);
    EXPECT_EQ(chan.Recv(), 1);
  });
}

TEST_F(SelectOwnership, TheValueIsConsumedOnlyByTheChosenCase) {
  muster::Run([] {
    auto chosen = MakeChan<Counted>(1);
    auto other = MakeChan<Counted>();
    EXPECT_EQ(Select(OnSend(other, Counted(1)), OnSend(chosen, Counted(2))), 1);
    EXPECT_EQ(Counted::live(), 1);
    EXPECT_EQ(Select(OnSend(other, Counted(3)), OnDefault()), 1);
    EXPECT_EQ(Counted::live(), 1);
    EXPECT_EQ(chosen.Recv()->value(), 2);
  });
}

TEST_F(SelectOwnership, AWaitingSelectHandsOverOneValue) {
  muster::Run([] {
    auto a = MakeChan<Counted>();
    auto b = MakeChan<Counted>(1);
    b.Send(Counted(0));
    Crew crew;
    crew.Start([&] { Select(OnSend(a, Counted(1)), OnSend(b, Counted(2))); });
    WaitUntilParkedOn(a.ref().get(), WaitReason::kSelect);
    EXPECT_EQ(a.Recv()->value(), 1);
    crew.Join();
    EXPECT_EQ(Counted::live(), 1);  // the one in b's buffer
    b.Recv();
  });
}

TEST_F(SelectOwnership, AReceivedElementIsDestroyedWithTheCase) {
  muster::Run([] {
    auto chan = MakeChan<Counted>(2);
    chan.Send(Counted(1));
    chan.Send(Counted(2));
    Select(OnRecv(chan, [](std::optional<Counted> value) { EXPECT_EQ(value->value(), 1); }));
    Select(OnRecv(chan, [] {}));  // nobody asks for it
    EXPECT_EQ(Counted::live(), 0);
  });
}

TEST_F(SelectOwnership, CloseLeavesTheValueOfAWaitingSelect) {
  muster::Run([] {
    auto chan = MakeChan<Counted>();
    Crew crew;
    crew.Start([&] { EXPECT_THROW(Select(OnSend(chan, Counted(1))), Panic); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
    chan.Close();
    crew.Join();
    EXPECT_EQ(Counted::live(), 0);
  });
}

TEST_F(SelectOwnership, ValuesMayBeMoveOnly) {
  muster::Run([] {
    auto chan = MakeChan<std::unique_ptr<int>>(1);
    Select(OnSend(chan, std::make_unique<int>(3)));
    Select(OnRecv(chan, [](std::optional<std::unique_ptr<int>> value) { EXPECT_EQ(**value, 3); }));
  });
}

// ---- moves that throw

class SelectThrowingMove : public OwnershipTest {
 protected:
  void SetUp() override {
    OwnershipTest::SetUp();
    Fragile::Arm(0, 0);
  }
};

TEST_F(SelectThrowingMove, ReachesTheSelectThatMakesIt) {
  muster::Run([] {
    auto a = MakeChan<Fragile>(1);
    auto b = MakeChan<Fragile>();
    a.Send(Fragile(1));
    Fragile::Arm(0, 1);
    EXPECT_THROW(Select(OnRecv(a), OnRecv(b)), MoveFailed);
    EXPECT_EQ(a.Len(), 1u);
    EXPECT_EQ(a.Recv()->value(), 1);
    EXPECT_FALSE(b.TrySend(Fragile(2)));  // the locks have been given back
  });
}

TEST_F(SelectThrowingMove, LeavesAWaitingReceiveToBeginAnew) {
  for (const size_t capacity : {0, 1}) {
    muster::Run([capacity] {
      auto chan = MakeChan<Fragile>(capacity);
      auto other = MakeChan<int>();
      int got = 0;
      Crew crew;
      crew.Start([&] {
        Select(OnRecv(other), OnRecv(chan, [&](std::optional<Fragile> value) {
                 got = value.has_value() ? value->value() : -1;
               }));
      });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
      Fragile::Arm(0, 1);
      EXPECT_THROW(chan.Send(Fragile(1)), MoveFailed);
      chan.Send(Fragile(2));
      crew.Join();
      EXPECT_EQ(got, 2);
    });
  }
}

TEST_F(SelectThrowingMove, LeavesAWaitingSendToBeginAnew) {
  for (const size_t capacity : {0, 1}) {
    muster::Run([capacity] {
      auto chan = MakeChan<Fragile>(capacity);
      if (capacity == 1) chan.Send(Fragile(0));
      auto other = MakeChan<int>();
      Crew crew;
      crew.Start([&] { Select(OnRecv(other), OnSend(chan, Fragile(1))); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
      if (capacity == 0) {
        Fragile::Arm(0, 1);  // this receive's own move
        EXPECT_THROW(chan.Recv(), MoveFailed);
      } else {
        Fragile::Arm(1, 1);  // the second move: the waiting value's into the buffer
        EXPECT_EQ(chan.Recv()->value(), 0);
      }
      EXPECT_EQ(chan.Recv()->value(), 1);
      crew.Join();
    });
  }
}

}  // namespace
}  // namespace muster::testing
