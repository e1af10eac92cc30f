// Waiting, order, buffering and closing: the Go specification's rules on channel operations.
#include "muster/chan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "muster/go.h"
#include "muster/runtime.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/wait_until.h"

namespace muster::testing {
namespace {

using record::WaitReason;
using ::testing::ElementsAre;
using ::testing::StartsWith;

// ---- unbuffered

TEST(ChannelUnbuffered, SendWaitsForAReceiver) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::atomic<bool> sent{false};
    Crew crew;
    crew.Start([&] {
      chan.Send(7);
      sent = true;
    });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    EXPECT_FALSE(sent);
    EXPECT_EQ(chan.Recv(), 7);
    crew.Join();
    EXPECT_TRUE(sent);
  });
}

TEST(ChannelUnbuffered, ReceiveWaitsForASender) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::optional<int> got;
    Crew crew;
    crew.Start([&] { got = chan.Recv(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    chan.Send(7);
    crew.Join();
    EXPECT_EQ(got, 7);
  });
}

TEST(ChannelUnbuffered, HoldsNothingEvenWhileASenderWaits) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Crew crew;
    crew.Start([&] { chan.Send(1); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    EXPECT_EQ(chan.Len(), 0u);
    EXPECT_EQ(chan.Cap(), 0u);
    chan.Recv();
    crew.Join();
  });
}

// ---- buffered

TEST(ChannelBuffered, SendDoesNotWaitWhileThereIsRoom) {
  muster::Run([] {
    auto chan = MakeChan<int>(3);
    for (int i = 0; i < 3; ++i) chan.Send(i);
    EXPECT_EQ(chan.Len(), 3u);
    EXPECT_EQ(chan.Cap(), 3u);
  });
}

TEST(ChannelBuffered, SendWaitsWhenItIsFull) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    chan.Send(1);
    std::atomic<bool> sent{false};
    Crew crew;
    crew.Start([&] {
      chan.Send(2);
      sent = true;
    });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    EXPECT_FALSE(sent);
    EXPECT_EQ(chan.Recv(), 1);
    crew.Join();
    EXPECT_EQ(chan.Recv(), 2);
  });
}

TEST(ChannelBuffered, ReceiveWaitsWhenItIsEmpty) {
  muster::Run([] {
    auto chan = MakeChan<int>(4);
    std::optional<int> got;
    Crew crew;
    crew.Start([&] { got = chan.Recv(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    chan.Send(5);
    crew.Join();
    EXPECT_EQ(got, 5);
    EXPECT_EQ(chan.Len(), 0u);
  });
}

TEST(ChannelBuffered, KeepsOrderWhenItWrapsAround) {
  muster::Run([] {
    auto chan = MakeChan<int>(3);
    int sent = 0, received = 0;
    for (int round = 0; round < 20; ++round) {
      const int batch = 1 + round % 3;
      for (int i = 0; i < batch; ++i) chan.Send(sent++);
      for (int i = 0; i < batch; ++i) EXPECT_EQ(chan.Recv(), received++);
    }
    EXPECT_EQ(chan.Len(), 0u);
  });
}

TEST(ChannelBuffered, ReceiveFromFullMovesUpTheFirstWaitingSender) {
  muster::Run([] {
    auto chan = MakeChan<int>(2);
    chan.Send(0);
    chan.Send(1);
    Crew crew;
    for (int i = 2; i < 5; ++i) {
      crew.Start([&chan, i] { chan.Send(i); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend, i - 1);
    }
    EXPECT_EQ(chan.Recv(), 0);
    EXPECT_EQ(chan.Len(), 2u);  // the sender of 2 has moved up
    for (int i = 1; i < 5; ++i) EXPECT_EQ(chan.Recv(), i);
    EXPECT_EQ(chan.Len(), 0u);
    crew.Join();
  });
}

TEST(ChannelBuffered, OrderSurvivesValuesThatPassTheBuffer) {
  muster::Run([] {
    // A value that goes straight to a waiting receiver skips a slot: the ring must still be in
    // order at each possible position.
    auto chan = MakeChan<int>(3);
    for (int round = 0; round < 7; ++round) {
      std::optional<int> direct;
      Crew crew;
      crew.Start([&] { direct = chan.Recv(); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
      chan.Send(100);
      crew.Join();
      EXPECT_EQ(direct, 100);
      for (int i = 0; i < 3; ++i) chan.Send(i);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(chan.Recv(), i);
    }
  });
}

// ---- order of arrival

TEST(ChannelOrder, SendersAreServedInOrderOfArrival) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Crew crew;
    for (int i = 0; i < 6; ++i) {
      crew.Start([&chan, i] { chan.Send(i); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend, i + 1);
    }
    for (int i = 0; i < 6; ++i) EXPECT_EQ(chan.Recv(), i);
    crew.Join();
  });
}

TEST(ChannelOrder, ReceiversAreServedInOrderOfArrival) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::vector<int> got(6, -1);
    Crew crew;
    for (int i = 0; i < 6; ++i) {
      crew.Start([&, i] { got[i] = chan.Recv().value(); });
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive, i + 1);
    }
    for (int i = 0; i < 6; ++i) chan.Send(i);
    crew.Join();
    EXPECT_THAT(got, ElementsAre(0, 1, 2, 3, 4, 5));
  });
}

// ---- nil

TEST(ChannelNil, SendBlocksForEver) {
  muster::Run([] {
    std::atomic<uint64_t> id{0};
    Go([&id] {
      id = runtime::GoroutineId();
      Chan<int>().Send(1);
      FAIL() << "a send on a nil channel returned";
    });
    while (id == 0) runtime::Gosched();
    WaitUntilParked(id, WaitReason::kChanSendNil);
  });
}

TEST(ChannelNil, ReceiveBlocksForEver) {
  muster::Run([] {
    std::atomic<uint64_t> id{0};
    Go([&id] {
      id = runtime::GoroutineId();
      Chan<int>().Recv();
      FAIL() << "a receive from a nil channel returned";
    });
    while (id == 0) runtime::Gosched();
    WaitUntilParked(id, WaitReason::kChanReceiveNil);
  });
}

TEST(ChannelNil, NonBlockingOperationsWouldBlock) {
  muster::Run([] {
    Chan<int> nil;
    std::optional<int> value;
    EXPECT_FALSE(nil.TrySend(1));
    EXPECT_EQ(nil.TryRecv(&value), TryResult::kWouldBlock);
    EXPECT_FALSE(value.has_value());
  });
}

TEST(ChannelNil, HasNeitherLengthNorCapacity) {
  Chan<int> nil;
  EXPECT_FALSE(nil);
  EXPECT_EQ(nil.Len(), 0u);
  EXPECT_EQ(nil.Cap(), 0u);
}

TEST(ChannelNil, ClosePanics) {
  muster::Run([] {
    EXPECT_THAT(PanicText([] { Chan<int>().Close(); }), StartsWith("close of nil channel"));
  });
}

// ---- close

TEST(ChannelClose, WakesEveryReceiverWithNothing) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::atomic<int> empty{0};
    Crew crew;
    for (int i = 0; i < 5; ++i) {
      crew.Start([&] { empty += chan.Recv().has_value() ? 0 : 1; });
    }
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive, 5);
    chan.Close();
    crew.Join();
    EXPECT_EQ(empty, 5);
  });
}

TEST(ChannelClose, WakesEverySenderWithPanic) {
  for (const size_t capacity : {0, 1}) {
    muster::Run([capacity] {
      auto chan = MakeChan<int>(capacity);
      for (size_t i = 0; i < capacity; ++i) chan.Send(0);
      std::atomic<int> panics{0};
      Crew crew;
      for (int i = 0; i < 5; ++i) {
        crew.Start([&] {
          EXPECT_THAT(PanicText([&] { chan.Send(1); }), StartsWith("send on closed channel"));
          ++panics;
        });
      }
      WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend, 5);
      chan.Close();
      crew.Join();
      EXPECT_EQ(panics, 5);
      EXPECT_EQ(chan.Len(), capacity);  // nothing of theirs got in
    });
  }
}

TEST(ChannelClose, WhatIsBufferedIsStillReceived) {
  muster::Run([] {
    auto chan = MakeChan<int>(3);
    chan.Send(1);
    chan.Send(2);
    chan.Close();
    EXPECT_EQ(chan.Recv(), 1);
    EXPECT_EQ(chan.Recv(), 2);
    EXPECT_EQ(chan.Recv(), std::nullopt);
  });
}

TEST(ChannelClose, ReceiveFromClosedNeverWaits) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    chan.Close();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(chan.Recv(), std::nullopt);
    std::optional<int> value = 3;
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kClosed);
    EXPECT_FALSE(value.has_value());
  });
}

TEST(ChannelClose, SendPanics) {
  muster::Run([] {
    for (const size_t capacity : {0, 2}) {
      auto chan = MakeChan<int>(capacity);
      chan.Close();
      EXPECT_THAT(PanicText([&] { chan.Send(1); }), StartsWith("send on closed channel"));
      EXPECT_THAT(PanicText([&] { chan.TrySend(1); }), StartsWith("send on closed channel"));
    }
  });
}

TEST(ChannelClose, CloseOfClosedPanics) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    chan.Close();
    EXPECT_THAT(PanicText([&] { chan.Close(); }), StartsWith("close of closed channel"));
  });
}

// ---- operations that do not wait

TEST(ChannelTry, SendFailsWithoutAReceiver) {
  muster::Run([] {
    auto chan = MakeChan<std::string>();
    std::string value = "kept";
    EXPECT_FALSE(chan.TrySend(std::move(value)));
    EXPECT_EQ(value, "kept");  // moved from only when it was sent
  });
}

TEST(ChannelTry, SendReachesAWaitingReceiver) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::optional<int> got;
    Crew crew;
    crew.Start([&] { got = chan.Recv(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    EXPECT_TRUE(chan.TrySend(8));
    EXPECT_FALSE(chan.TrySend(9));
    crew.Join();
    EXPECT_EQ(got, 8);
  });
}

TEST(ChannelTry, ReceiveTakesFromAWaitingSender) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Crew crew;
    crew.Start([&] { chan.Send(8); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    std::optional<int> value;
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kDone);
    EXPECT_EQ(value, 8);
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kWouldBlock);
    EXPECT_FALSE(value.has_value());
    crew.Join();
  });
}

TEST(ChannelTry, BufferDecides) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    std::optional<int> value;
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kWouldBlock);
    EXPECT_TRUE(chan.TrySend(1));
    EXPECT_FALSE(chan.TrySend(2));
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kDone);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kWouldBlock);
  });
}

TEST(ChannelTry, ReceiveFromFullMovesUpAWaitingSender) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    chan.Send(1);
    Crew crew;
    crew.Start([&] { chan.Send(2); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    std::optional<int> value;
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kDone);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(chan.TryRecv(&value), TryResult::kDone);
    EXPECT_EQ(value, 2);
    crew.Join();
  });
}

TEST(ChannelTry, LoopsOnFailureLetOthersRun) {
  muster::Run([] {
    // Nothing preempts a goroutine: with one P the sender could never run otherwise.
    auto chan = MakeChan<int>(1);
    Go([chan] { chan.Send(1); });
    std::optional<int> value;
    while (chan.TryRecv(&value) != TryResult::kDone) {
    }
    EXPECT_EQ(value, 1);
  });
}

// ---- handles

TEST(ChannelHandle, CopiesNameTheSameChannel) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    auto copy = chan;
    EXPECT_EQ(chan, copy);
    EXPECT_NE(chan, MakeChan<int>(1));
    EXPECT_EQ(Chan<int>(), Chan<int>());
    copy.Send(4);
    EXPECT_EQ(chan.Recv(), 4);
  });
}

template <typename C>
concept CanSend = requires(C chan) {
  chan.Send(1);
};
template <typename C>
concept CanReceive = requires(C chan) {
  chan.Recv();
};
template <typename C>
concept CanClose = requires(C chan) {
  chan.Close();
};

TEST(ChannelHandle, DirectionsAllowTheirOwnOperationsOnly) {
  static_assert(CanSend<SendChan<int>> && !CanReceive<SendChan<int>> && CanClose<SendChan<int>>);
  static_assert(CanReceive<RecvChan<int>> && !CanSend<RecvChan<int>> && !CanClose<RecvChan<int>>);
  static_assert(!std::is_convertible_v<RecvChan<int>, Chan<int>>);
  static_assert(!std::is_convertible_v<RecvChan<int>, SendChan<int>>);
  muster::Run([] {
    auto chan = MakeChan<int>(2);
    SendChan<int> in = chan;
    RecvChan<int> out = chan;
    in.Send(1);
    EXPECT_TRUE(in.TrySend(2));
    EXPECT_EQ(out.Len(), 2u);
    EXPECT_EQ(in.Cap(), 2u);
    EXPECT_EQ(out.Recv(), 1);
    in.Close();
    std::vector<int> rest;
    for (int value : out) rest.push_back(value);
    EXPECT_THAT(rest, ElementsAre(2));
  });
}

TEST(ChannelHandle, ChannelsTravelThroughChannels) {
  muster::Run([] {
    struct Request {
      int argument;
      Chan<int> reply;
    };
    auto requests = MakeChan<Request>();
    Crew crew;
    crew.Start([&] {
      for (Request& request : requests) request.reply.Send(request.argument * 2);
    });
    for (int i = 0; i < 10; ++i) {
      auto reply = MakeChan<int>();
      requests.Send({i, reply});
      EXPECT_EQ(reply.Recv(), 2 * i);
    }
    requests.Close();
    crew.Join();
  });
}

TEST(ChannelHandle, AParkedGoroutineKeepsItsChannelAlive) {
  muster::Run([] {
    internal::ChanCore* core = nullptr;
    {
      const Chan<int> gone = MakeChan<int>();
      core = gone.ref().get();
      Go([core] {
        // What Recv does through a handle that is destroyed while it waits.
        internal::RawSlot<int> slot;
        internal::ChanRecv(core, slot.storage());
      });
      WaitUntilParkedOn(core, WaitReason::kChanReceive);
    }
    // The capture reads the channel that the goroutine waits on; ASan would see it freed.
    const record::Snapshot snapshot = record::Capture();
    EXPECT_EQ(CountParkedOn(snapshot, core, WaitReason::kChanReceive), 1);
  });
}

TEST(ChannelMake, RefusesASizeThatCannotBe) {
  muster::Run([] {
    EXPECT_EQ(PanicText([] { MakeChan<int64_t>(SIZE_MAX / 4); }), "makechan: size out of range");
    EXPECT_EQ(PanicText([] { MakeChan<char>(SIZE_MAX); }), "makechan: size out of range");
  });
}

// ---- range-for

TEST(ChannelRange, EndsWhenClosedAndDrained) {
  muster::Run([] {
    auto chan = MakeChan<int>(2);
    Crew crew;
    crew.Start([&] {
      for (int i = 0; i < 10; ++i) chan.Send(i);
      chan.Close();
    });
    int expected = 0;
    for (int value : chan) EXPECT_EQ(value, expected++);
    EXPECT_EQ(expected, 10);
    crew.Join();
  });
}

TEST(ChannelRange, BreakTakesNoFurtherValue) {
  muster::Run([] {
    auto chan = MakeChan<int>(5);
    for (int i = 0; i < 5; ++i) chan.Send(i);
    for (int value : chan) {
      if (value == 2) break;
    }
    EXPECT_EQ(chan.Len(), 2u);
    EXPECT_EQ(chan.Recv(), 3);
  });
}

TEST(ChannelRange, OverAClosedEmptyChannelHasNoRound) {
  muster::Run([] {
    auto chan = MakeChan<int>(5);
    chan.Close();
    for (int value : chan) ADD_FAILURE() << value;
  });
}

}  // namespace
}  // namespace muster::testing
