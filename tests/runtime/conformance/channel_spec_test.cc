// The Go Programming Language Specification on channels. Each test names the section and says the
// rule in our own words. A receive's second result, ok, is whether the optional has a value, and
// the zero value of a closed channel is nullopt.
#include <gtest/gtest.h>

#include <atomic>
#include <concepts>
#include <optional>
#include <type_traits>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/sync.h"
#include "tests/runtime/conformance/blocked.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::GoAndBlock;

template <typename C>
concept CanSend = requires(C chan) {
  chan.Send(1);
};
template <typename C>
concept CanRecv = requires(C chan) {
  chan.Recv();
};
template <typename C>
concept CanClose = requires(C chan) {
  chan.Close();
};

// Channel types: an end that only sends or only receives has only those operations; a channel of
// both directions can be assigned to either, and neither back.
TEST(ChannelTypes, DirectionsAreCheckedByTheCompiler) {
  static_assert(CanSend<Chan<int>> && CanRecv<Chan<int>>);
  static_assert(CanSend<SendChan<int>> && !CanRecv<SendChan<int>>);
  static_assert(!CanSend<RecvChan<int>> && CanRecv<RecvChan<int>>);
  static_assert(std::convertible_to<Chan<int>, SendChan<int>>);
  static_assert(std::convertible_to<Chan<int>, RecvChan<int>>);
  static_assert(!std::convertible_to<SendChan<int>, Chan<int>>);
  static_assert(!std::convertible_to<RecvChan<int>, Chan<int>>);
}

// Channel types: a channel that was not made is nil; a made one is not.
TEST(ChannelTypes, TheZeroValueIsNil) {
  EXPECT_FALSE(Chan<int>());
  EXPECT_TRUE(MakeChan<int>());
}

// Channel types; comparison operators: two channel values are equal if one call of make created
// both, or both are nil.
TEST(ChannelTypes, AreEqualWhenMadeByTheSameCall) {
  const auto chan = MakeChan<int>();
  const auto same = chan;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_TRUE(chan == same);
  EXPECT_FALSE(chan == MakeChan<int>());
  EXPECT_TRUE(Chan<int>() == Chan<int>());
}

// Channel types: without a capacity, communication takes place only when both sides are ready.
TEST(ChannelTypes, AnUnbufferedSendWaitsForItsReceiver) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    GoAndBlock(WaitReason::kChanSend, [chan] { chan.Send(1); });
    EXPECT_EQ(chan.Recv(), 1);
  });
}

TEST(ChannelTypes, AnUnbufferedReceiveWaitsForItsSender) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    auto got = MakeChan<int>(1);
    GoAndBlock(WaitReason::kChanReceive, [=] { got.Send(*chan.Recv()); });
    chan.Send(2);
    EXPECT_EQ(got.Recv(), 2);
  });
}

// Channel types: with a capacity, a send does not block while the buffer has room, nor a receive
// while it holds something.
TEST(ChannelTypes, ABufferedChannelBlocksOnlyWhenFullOrEmpty) {
  muster::Run([] {
    auto chan = MakeChan<int>(2);
    chan.Send(1);
    chan.Send(2);
    GoAndBlock(WaitReason::kChanSend, [chan] { chan.Send(3); });
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(chan.Recv(), i);
    GoAndBlock(WaitReason::kChanReceive, [chan] { chan.Recv(); });
    chan.Send(4);
  });
}

// Channel types: a channel is a queue: what one goroutine sends, another receives in that order.
TEST(ChannelTypes, AreFirstInFirstOut) {
  muster::Run([] {
    for (const size_t capacity : {0, 1, 7}) {
      auto chan = MakeChan<int>(capacity);
      Go([chan] {
        for (int i = 0; i < 1000; ++i) chan.Send(i);
        chan.Close();
      });
      int next = 0;
      for (int value : chan) ASSERT_EQ(value, next++);
      EXPECT_EQ(next, 1000);
    }
  });
}

// Channel types: any number of goroutines may send, receive, and ask for len and cap, without any
// other synchronisation.
TEST(ChannelTypes, AreSharedWithoutOtherSynchronisation) {
  muster::Run([] {
    auto chan = MakeChan<int>(3);
    auto sums = MakeChan<long>(4);
    WaitGroup senders;
    for (int s = 0; s < 4; ++s) {
      senders.Go([chan] {
        for (int i = 1; i <= 500; ++i) chan.Send(i);
      });
      Go([=] {
        long sum = 0;
        for (int value : chan) {
          sum += value;
          EXPECT_LE(chan.Len(), chan.Cap());
        }
        sums.Send(sum);
      });
    }
    senders.Wait();
    chan.Close();
    long total = 0;
    for (int r = 0; r < 4; ++r) total += *sums.Recv();
    EXPECT_EQ(total, 4L * 500 * 501 / 2);
  });
}

// Send statements: the value is evaluated before the communication begins, so a change made while
// the send waits does not show.
TEST(SendStatements, TakeTheirValueBeforeTheyWait) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::atomic<int> value{1};  // parking makes no edge
    GoAndBlock(WaitReason::kChanSend, [chan, &value] { chan.Send(value); });
    value = 2;
    EXPECT_EQ(chan.Recv(), 1);
  });
}

// Send statements: on a closed channel a send panics,
TEST(SendStatements, OnAClosedChannelPanic) {
  muster::Run([] {
    for (const size_t capacity : {0, 1}) {
      auto chan = MakeChan<int>(capacity);
      chan.Close();
      EXPECT_THROW(chan.Send(1), Panic);
    }
  });
}

// also if it is closed while the send waits.
TEST(SendStatements, PanicWhenTheChannelIsClosedMeanwhile) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    auto panicked = MakeChan<bool>(1);
    GoAndBlock(WaitReason::kChanSend, [=] {
      try {
        chan.Send(1);
        panicked.Send(false);
      } catch (const Panic&) {
        panicked.Send(true);
      }
    });
    chan.Close();
    EXPECT_EQ(panicked.Recv(), true);
  });
}

// Send statements: on a nil channel a send blocks for ever.
TEST(SendStatements, OnANilChannelBlock) {
  muster::Run([] { GoAndBlock(WaitReason::kChanSendNil, [] { Chan<int>().Send(1); }); });
}

// Receive operator: on a nil channel a receive blocks for ever.
TEST(ReceiveOperator, OnANilChannelBlocks) {
  muster::Run([] { GoAndBlock(WaitReason::kChanReceiveNil, [] { Chan<int>().Recv(); }); });
}

// Receive operator: on a closed channel it goes on at once: first with what was sent before, then
// with the zero value, as often as it is asked. Its second result tells the two apart.
TEST(ReceiveOperator, OnAClosedChannelYieldsWhatWasSentAndThenNothing) {
  muster::Run([] {
    auto chan = MakeChan<int>(3);
    chan.Send(0);
    chan.Send(7);
    chan.Close();
    EXPECT_EQ(chan.Recv(), std::optional<int>(0));  // a zero that was sent: ok
    EXPECT_EQ(chan.Recv(), std::optional<int>(7));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(chan.Recv(), std::nullopt);
  });
}

// Close: it wakes those that wait to receive.
TEST(Close, WakesReceivers) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    auto got = MakeChan<bool>(2);
    for (int i = 0; i < 2; ++i) {
      GoAndBlock(WaitReason::kChanReceive, [=] { got.Send(chan.Recv().has_value()); });
    }
    chan.Close();
    EXPECT_EQ(got.Recv(), false);
    EXPECT_EQ(got.Recv(), false);
  });
}

// Close: of a closed channel, and of a nil one, it panics.
TEST(Close, OfAClosedOrNilChannelPanics) {
  auto chan = MakeChan<int>();
  chan.Close();
  EXPECT_THROW(chan.Close(), Panic);
  EXPECT_THROW(Chan<int>().Close(), Panic);
}

// Close: a channel that can only be received from cannot be closed.
TEST(Close, IsNoOperationOfAReceivingEnd) {
  static_assert(CanClose<Chan<int>> && CanClose<SendChan<int>> && !CanClose<RecvChan<int>>);
}

// Length and capacity: len is the number of elements in the buffer, cap its size.
TEST(LengthAndCapacity, AreThoseOfTheBuffer) {
  auto chan = MakeChan<int>(3);
  EXPECT_EQ(chan.Cap(), 3u);
  EXPECT_EQ(chan.Len(), 0u);
  chan.Send(1);
  chan.Send(2);
  EXPECT_EQ(chan.Len(), 2u);
  chan.Recv();
  EXPECT_EQ(chan.Len(), 1u);
  EXPECT_EQ(chan.Cap(), 3u);
  EXPECT_EQ(MakeChan<int>().Cap(), 0u);
}

// Length and capacity: both are 0 for a nil channel.
TEST(LengthAndCapacity, OfNilAreZero) {
  EXPECT_EQ(Chan<int>().Len(), 0u);
  EXPECT_EQ(Chan<int>().Cap(), 0u);
}

// Length and capacity; close: closing changes neither.
TEST(LengthAndCapacity, StayThroughClose) {
  auto chan = MakeChan<int>(3);
  chan.Send(1);
  chan.Close();
  EXPECT_EQ(chan.Len(), 1u);
  EXPECT_EQ(chan.Cap(), 3u);
}

// Making slices, maps and channels: a size that does not fit panics.
TEST(Make, OfASizeThatCannotBePanics) { EXPECT_THROW(MakeChan<int>(SIZE_MAX / 2), Panic); }

// For statements with range clause: over a channel it yields what is sent until that is closed.
TEST(RangeClause, YieldsTheValuesUntilClose) {
  muster::Run([] {
    auto chan = MakeChan<int>(4);
    for (int i = 0; i < 4; ++i) chan.Send(i);
    chan.Close();
    std::vector<int> values;
    for (int value : chan) values.push_back(value);
    EXPECT_EQ(values, std::vector<int>({0, 1, 2, 3}));
    for (int value : chan) ADD_FAILURE() << value;
  });
}

// For statements with range clause: over a nil channel it blocks for ever.
TEST(RangeClause, OverANilChannelBlocks) {
  muster::Run([] {
    GoAndBlock(WaitReason::kChanReceiveNil, [] {
      for (int value : Chan<int>()) ADD_FAILURE() << value;
    });
  });
}

}  // namespace
}  // namespace muster
