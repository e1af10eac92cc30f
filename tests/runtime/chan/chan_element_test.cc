// What channels do with elements: which types they carry, who destroys them, and what is left when
// a move throws.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/chan/elements.h"
#include "tests/runtime/wait_until.h"

namespace muster::testing {
namespace {

using record::WaitReason;

// ---- types

TEST(ChannelElement, MayBeMoveOnly) {
  muster::Run([] {
    auto chan = MakeChan<std::unique_ptr<int>>(1);
    chan.Send(std::make_unique<int>(3));
    EXPECT_EQ(*chan.Recv().value(), 3);
  });
}

TEST(ChannelElement, NeedNotBeAssignableOrDefaultConstructible) {
  muster::Run([] {
    struct Fixed {
      explicit Fixed(int v) : value(v) {}
      const int value;
    };
    auto chan = MakeChan<Fixed>(1);
    chan.Send(Fixed(3));
    std::optional<Fixed> got;
    EXPECT_EQ(chan.TryRecv(&got), TryResult::kDone);
    EXPECT_EQ(got->value, 3);
  });
}

template <size_t kAlign>
void ExpectAligned() {
  struct alignas(kAlign) Wide {
    explicit Wide(char v) : value(v) { EXPECT_EQ(reinterpret_cast<uintptr_t>(this) % kAlign, 0u); }
    Wide(Wide&& other) noexcept : Wide(other.value) {}
    char value;
  };
  for (const size_t capacity : {0, 1, 3}) {
    auto chan = MakeChan<Wide>(capacity);
    Crew crew;
    crew.Start([&] {
      for (char i = 0; i < 9; ++i) chan.Send(Wide(i));
      chan.Close();
    });
    char expected = 0;
    for (Wide& wide : chan) EXPECT_EQ(wide.value, expected++);
    EXPECT_EQ(expected, 9);
    crew.Join();
  }
}

TEST(ChannelElement, IsAlignedWhereverItLies) {
  muster::Run([] {
    ExpectAligned<1>();
    ExpectAligned<16>();
    ExpectAligned<64>();
    ExpectAligned<256>();
  });
}

TEST(ChannelElement, MayBeLargeOrEmpty) {
  muster::Run([] {
    struct Empty {};
    auto empties = MakeChan<Empty>(2);
    empties.Send({});
    EXPECT_TRUE(empties.Recv().has_value());

    auto pages = MakeChan<std::array<uint64_t, 512>>(2);
    std::array<uint64_t, 512> page;
    page.fill(0xabcdef);
    pages.Send(page);
    EXPECT_EQ(pages.Recv(), page);
  });
}

// ---- ownership

using ChannelOwnership = OwnershipTest;

TEST_F(ChannelOwnership, TheChannelDestroysWhatItStillHolds) {
  muster::Run([] {
    for (int start = 0; start < 3; ++start) {
      auto chan = MakeChan<Counted>(3);
      // So that what is left lies across the ring's end.
      for (int i = 0; i < start; ++i) {
        chan.Send(Counted(0));
        chan.Recv();
      }
      for (int i = 0; i < 3; ++i) chan.Send(Counted(i));
      EXPECT_EQ(Counted::live(), 3);
    }
    EXPECT_EQ(Counted::live(), 0);
  });
}

TEST_F(ChannelOwnership, TheLastHandleDecides) {
  muster::Run([] {
    auto chan = MakeChan<Counted>(1);
    RecvChan<Counted> other = chan;
    chan.Send(Counted(1));
    chan = {};
    EXPECT_EQ(Counted::live(), 1);
    other = {};
    EXPECT_EQ(Counted::live(), 0);
  });
}

TEST_F(ChannelOwnership, ReceivedElementsBelongToTheReceiver) {
  muster::Run([] {
    auto chan = MakeChan<Counted>(2);
    chan.Send(Counted(1));
    {
      const std::optional<Counted> got = chan.Recv();
      EXPECT_EQ(got->value(), 1);
      EXPECT_EQ(Counted::live(), 1);
    }
    EXPECT_EQ(Counted::live(), 0);
  });
}

TEST_F(ChannelOwnership, HandOverToAWaitingReceiver) {
  for (const size_t capacity : {0, 2}) {
    muster::Run([capacity] {
      auto chan = MakeChan<Counted>(capacity);
      int got = 0;
      Crew crew;
      crew.Start([&] { got = chan.Recv()->value(); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
      chan.Send(Counted(5));
      crew.Join();
      EXPECT_EQ(got, 5);
      EXPECT_EQ(Counted::live(), 0);
    });
  }
}

TEST_F(ChannelOwnership, HandOverFromAWaitingSender) {
  for (const size_t capacity : {0, 2}) {
    muster::Run([capacity] {
      auto chan = MakeChan<Counted>(capacity);
      for (size_t i = 0; i < capacity; ++i) chan.Send(Counted(static_cast<int>(i)));
      Crew crew;
      crew.Start([&] { chan.Send(Counted(static_cast<int>(capacity))); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
      for (size_t i = 0; i <= capacity; ++i) {
        EXPECT_EQ(chan.Recv()->value(), static_cast<int>(i));
      }
      crew.Join();
      EXPECT_EQ(Counted::live(), 0);
    });
  }
}

TEST_F(ChannelOwnership, AFailedTryLeavesTheValueWithItsOwner) {
  muster::Run([] {
    auto chan = MakeChan<Counted>();
    Counted value(4);
    EXPECT_FALSE(chan.TrySend(std::move(value)));
    EXPECT_EQ(value.value(), 4);
    chan.Close();
    EXPECT_THROW(chan.TrySend(std::move(value)), Panic);
    EXPECT_EQ(value.value(), 4);
    EXPECT_EQ(Counted::live(), 1);
  });
}

TEST_F(ChannelOwnership, CloseLeavesTheValuesOfWaitingSendersWithThem) {
  muster::Run([] {
    auto chan = MakeChan<Counted>(1);
    chan.Send(Counted(0));
    Crew crew;
    for (int i = 0; i < 3; ++i) {
      crew.Start([&] { EXPECT_THROW(chan.Send(Counted(1)), Panic); });
    }
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend, 3);
    chan.Close();
    crew.Join();
    EXPECT_EQ(Counted::live(), 1);
    EXPECT_EQ(chan.Recv()->value(), 0);
    EXPECT_FALSE(chan.Recv().has_value());
  });
}

TEST_F(ChannelOwnership, RangeHoldsNoElementWhileItWaits) {
  muster::Run([] {
    auto chan = MakeChan<Counted>();
    Crew crew;
    crew.Start([&] {
      for (Counted& value : chan) EXPECT_EQ(value.value(), 1);
    });
    chan.Send(Counted(1));
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    EXPECT_EQ(Counted::live(), 0);
    chan.Close();
    crew.Join();
  });
}

// ---- moves that throw

class ChannelThrowingMove : public OwnershipTest {
 protected:
  void SetUp() override {
    OwnershipTest::SetUp();
    Fragile::Arm(0, 0);
  }
};

// Send's parameter is built in place, so the first move of a Send is the channel's.
TEST_F(ChannelThrowingMove, IntoTheBufferLeavesItAsItWas) {
  muster::Run([] {
    auto chan = MakeChan<Fragile>(2);
    chan.Send(Fragile(1));
    Fragile::Arm(0, 1);
    EXPECT_THROW(chan.Send(Fragile(2)), MoveFailed);
    EXPECT_EQ(chan.Len(), 1u);
    chan.Send(Fragile(3));
    EXPECT_EQ(chan.Recv()->value(), 1);
    EXPECT_EQ(chan.Recv()->value(), 3);
  });
}

TEST_F(ChannelThrowingMove, OutOfTheBufferLeavesItAsItWas) {
  muster::Run([] {
    auto chan = MakeChan<Fragile>(2);
    chan.Send(Fragile(1));
    chan.Send(Fragile(2));
    Fragile::Arm(0, 1);
    EXPECT_THROW(chan.Recv(), MoveFailed);
    EXPECT_EQ(chan.Len(), 2u);
    EXPECT_EQ(chan.Recv()->value(), 1);
    EXPECT_EQ(chan.Recv()->value(), 2);
  });
}

TEST_F(ChannelThrowingMove, ToAWaitingReceiverLeavesItWaitingInItsPlace) {
  for (const size_t capacity : {0, 2}) {
    muster::Run([capacity] {
      auto chan = MakeChan<Fragile>(capacity);
      std::array<int, 2> got = {};
      Crew crew;
      for (int i = 0; i < 2; ++i) {
        crew.Start([&, i] { got[i] = chan.Recv()->value(); });
        WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive, i + 1);
      }
      Fragile::Arm(0, 1);
      EXPECT_THROW(chan.Send(Fragile(9)), MoveFailed);
      chan.Send(Fragile(1));
      chan.Send(Fragile(2));
      crew.Join();
      EXPECT_EQ(got[0], 1);
      EXPECT_EQ(got[1], 2);
    });
  }
}

TEST_F(ChannelThrowingMove, FromAWaitingSenderLeavesItWaitingInItsPlace) {
  muster::Run([] {
    auto chan = MakeChan<Fragile>();
    Crew crew;
    for (int i = 0; i < 2; ++i) {
      crew.Start([&, i] { chan.Send(Fragile(i)); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend, i + 1);
    }
    Fragile::Arm(0, 1);
    EXPECT_THROW(chan.Recv(), MoveFailed);
    EXPECT_EQ(chan.Recv()->value(), 0);
    EXPECT_EQ(chan.Recv()->value(), 1);
    crew.Join();
  });
}

TEST_F(ChannelThrowingMove, OfASenderThatMovesUpDoesNotTouchTheReceiver) {
  muster::Run([] {
    auto chan = MakeChan<Fragile>(1);
    chan.Send(Fragile(0));
    Crew crew;
    crew.Start([&] { chan.Send(Fragile(1)); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    // Out of the buffer, then the sender's own into it: the second throws, and the sender repeats
    // it by itself.
    Fragile::Arm(1, 1);
    EXPECT_EQ(chan.Recv()->value(), 0);
    crew.Join();
    EXPECT_EQ(chan.Recv()->value(), 1);
  });
}

TEST_F(ChannelThrowingMove, OfASenderThatMovesUpReachesThatSender) {
  muster::Run([] {
    auto chan = MakeChan<Fragile>(1);
    chan.Send(Fragile(0));
    Crew crew;
    crew.Start([&] { EXPECT_THROW(chan.Send(Fragile(1)), MoveFailed); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    // Fails for the receiver and for the sender's own attempt; what the receiver does with its
    // value after that is a move too, so it takes the element raw.
    Fragile::Arm(1, 2);
    internal::RawSlot<Fragile> slot;
    ASSERT_TRUE(internal::ChanRecv(chan.ref().get(), slot.storage()));
    slot.set_full();
    EXPECT_EQ(slot.value()->value(), 0);
    crew.Join();
    EXPECT_EQ(chan.Len(), 0u);
  });
}

TEST_F(ChannelThrowingMove, LetsTheNextSenderMoveUp) {
  muster::Run([] {
    auto chan = MakeChan<Fragile>(1);
    chan.Send(Fragile(0));
    Crew crew;
    for (int i = 1; i < 3; ++i) {
      crew.Start([&, i] { chan.Send(Fragile(i)); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend, i);
    }
    Fragile::Arm(1, 1);
    EXPECT_EQ(chan.Recv()->value(), 0);
    EXPECT_EQ(chan.Recv()->value(), 2);
    EXPECT_EQ(chan.Recv()->value(), 1);
    crew.Join();
  });
}

}  // namespace
}  // namespace muster::testing
