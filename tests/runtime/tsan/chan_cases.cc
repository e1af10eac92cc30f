// Channels: a send happens before the receive of its value, the k-th receive before the
// (k+capacity)-th send is done, and a close before a receive that reports it.
#include <array>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

using muster::Chan;
using muster::MakeChan;

// Runs both in goroutines that nothing else orders, and waits for them.
template <typename F, typename G>
void Both(F first, G second) {
  muster::WaitGroup group;
  group.Go(first);
  group.Go(second);
  group.Wait();
}

void SendToOneThatWaits(size_t capacity) {
  const auto chan = MakeChan<int>(capacity);
  Both(
      [chan] {
        Await(1);
        Settle();
        FirstTouch();
        chan.Send(1);
      },
      [chan] {
        Reach(1);
        chan.Recv();
        SecondTouch();
      });
}

void ReceiveFromOneThatWaits(size_t capacity) {
  const auto chan = MakeChan<int>(capacity);
  Both(
      [chan] {
        FirstTouch();
        Reach(1);
        chan.Send(1);
      },
      [chan] {
        Await(1);
        Settle();
        chan.Recv();
        SecondTouch();
      });
}

void UnbufferedReceiverWaits() { SendToOneThatWaits(0); }
void UnbufferedSenderWaits() { ReceiveFromOneThatWaits(0); }
void BufferedReceiverWaits() { SendToOneThatWaits(3); }
void BufferedValueWaits() { ReceiveFromOneThatWaits(3); }

// Unbuffered: a receive happens before its send is done.
void UnbufferedBackFromAReceiverThatWaits() {
  const auto chan = MakeChan<int>();
  Both(
      [chan] {
        FirstTouch();
        Reach(1);
        chan.Recv();
      },
      [chan] {
        Await(1);
        Settle();
        chan.Send(1);
        SecondTouch();
      });
}

void UnbufferedBackToASenderThatWaits() {
  const auto chan = MakeChan<int>();
  Both(
      [chan] {
        Await(1);
        Settle();
        FirstTouch();
        chan.Recv();
      },
      [chan] {
        Reach(1);
        chan.Send(1);
        SecondTouch();
      });
}

// What the receiver does after its receive is not ordered before anything of the sender's.
void UnbufferedAfterTheReceive() {
  const auto chan = MakeChan<int>();
  Both(
      [chan] {
        chan.Recv();
        FirstTouch();
        Reach(1);
      },
      [chan] {
        chan.Send(1);
        Await(1);
        SecondTouch();
      });
}

// Capacity 1: the first receive happens before the second send is done ...
void SlotIsReusedBySenderThatWaits() {
  const auto chan = MakeChan<int>(1);
  Both(
      [chan] {
        Await(1);
        Settle();
        FirstTouch();
        chan.Recv();
      },
      [chan] {
        chan.Send(1);
        Reach(1);
        chan.Send(2);
        SecondTouch();
      });
}

void SlotIsReusedWithoutWaiting() {
  const auto chan = MakeChan<int>(1);
  Both(
      [chan] {
        FirstTouch();
        chan.Recv();
        Reach(1);
      },
      [chan] {
        chan.Send(1);
        Await(1);
        chan.Send(2);
        SecondTouch();
      });
}

// ... and with capacity 2 it does not.
void AnotherSlotIsUsed() {
  const auto chan = MakeChan<int>(2);
  Both(
      [chan] {
        FirstTouch();
        chan.Recv();
        Reach(1);
      },
      [chan] {
        chan.Send(1);
        Await(1);
        chan.Send(2);
        SecondTouch();
      });
}

// A channel with room for one is a lock.
void ChannelAsLock() {
  const auto lock = MakeChan<int>(1);
  Both(
      [lock] {
        lock.Send(1);
        FirstTouch();
        Settle();
        lock.Recv();
      },
      [lock] {
        lock.Send(1);
        SecondTouch();
        Settle();
        lock.Recv();
      });
}

void TwoSenders(size_t capacity) {
  const auto chan = MakeChan<int>(capacity);
  muster::WaitGroup group;
  group.Go([chan] {
    FirstTouch();
    chan.Send(1);
  });
  group.Go([chan] {
    SecondTouch();
    chan.Send(2);
  });
  chan.Recv();
  chan.Recv();
  group.Wait();
}

void TwoSendersUnbuffered() { TwoSenders(0); }
void TwoSendersBuffered() { TwoSenders(2); }

// Two receivers of one channel: each knows of the sender, and nothing of the other.
void TwoReceivers() {
  const auto chan = MakeChan<int>();
  muster::WaitGroup group;
  group.Go([chan] {
    chan.Recv();
    FirstTouch();
  });
  group.Go([chan] {
    chan.Recv();
    SecondTouch();
  });
  chan.Send(1);
  chan.Send(2);
  group.Wait();
}

void CloseWakes() {
  const auto chan = MakeChan<int>();
  Both(
      [chan] {
        Await(1);
        Settle();
        FirstTouch();
        chan.Close();
      },
      [chan] {
        Reach(1);
        chan.Recv();
        SecondTouch();
      });
}

void CloseIsFound() {
  const auto chan = MakeChan<int>(1);
  Both(
      [chan] {
        FirstTouch();
        chan.Close();
        Reach(1);
      },
      [chan] {
        Await(1);
        chan.Recv();
        SecondTouch();
      });
}

void TryOperations() {
  const auto chan = MakeChan<int>(1);
  Both(
      [chan] {
        FirstTouch();
        chan.TrySend(1);
      },
      [chan] {
        std::optional<int> value;
        while (chan.TryRecv(&value) != muster::TryResult::kDone) {
        }
        SecondTouch();
      });
}

// Both pass through channels, but not through the same one.
void DifferentChannels() {
  const auto one = MakeChan<int>(1), other = MakeChan<int>(1);
  Both(
      [one] {
        FirstTouch();
        one.Send(1);
        Reach(1);
      },
      [other] {
        Await(1);
        other.Send(1);
        other.Recv();
        SecondTouch();
      });
}

// A receive that finds nothing knows of nothing.
void FailedTryRecv() {
  const auto chan = MakeChan<int>(1);
  Both(
      [chan] {
        FirstTouch();
        chan.Send(1);
        chan.Recv();
        Reach(1);
      },
      [chan] {
        Await(1);
        std::optional<int> value;
        chan.TryRecv(&value);
        SecondTouch();
      });
}

constexpr std::array kCases = {
    Case{"unbuffered_receiver_waits", false, UnbufferedReceiverWaits},
    Case{"unbuffered_sender_waits", false, UnbufferedSenderWaits},
    Case{"unbuffered_back_from_a_receiver_that_waits", false, UnbufferedBackFromAReceiverThatWaits},
    Case{"unbuffered_back_to_a_sender_that_waits", false, UnbufferedBackToASenderThatWaits},
    Case{"unbuffered_after_the_receive", true, UnbufferedAfterTheReceive},
    Case{"buffered_receiver_waits", false, BufferedReceiverWaits},
    Case{"buffered_value_waits", false, BufferedValueWaits},
    Case{"slot_is_reused_by_sender_that_waits", false, SlotIsReusedBySenderThatWaits},
    Case{"slot_is_reused_without_waiting", false, SlotIsReusedWithoutWaiting},
    Case{"another_slot_is_used", true, AnotherSlotIsUsed},
    Case{"channel_as_lock", false, ChannelAsLock},
    Case{"two_senders_unbuffered", true, TwoSendersUnbuffered},
    Case{"two_senders_buffered", true, TwoSendersBuffered},
    Case{"two_receivers", true, TwoReceivers},
    Case{"close_wakes", false, CloseWakes},
    Case{"close_is_found", false, CloseIsFound},
    Case{"try_operations", false, TryOperations},
    Case{"different_channels", true, DifferentChannels},
    Case{"failed_try_recv", true, FailedTryRecv},
};

}  // namespace

std::span<const Case> ChanCases() { return kCases; }

}  // namespace edges
