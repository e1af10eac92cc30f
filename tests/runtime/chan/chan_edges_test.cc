// Under TSan only: the edges that channels make are Go's memory model's, no fewer (or correct
// programs would be reported) and no more (or races would be hidden). Each planted race has a
// healthy twin that differs in the one edge concerned.
#include <gtest/gtest.h>

#include <atomic>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/wait_until.h"

namespace {
std::atomic<int> g_reports{0};
}  // namespace

// TSan calls these: the first for each race it reports, the second for its options. The planted
// races are reported again when the tests are repeated, and do not fail the process.
extern "C" __attribute__((visibility("default"))) void __tsan_on_report(void*) { ++g_reports; }
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "exitcode=0:suppress_equal_stacks=0:suppress_equal_addresses=0";
}

namespace muster::testing {
namespace {

using record::WaitReason;

// A flag that orders the run and nothing else: relaxed operations are no edge to TSan. It has its
// own 16 bytes, as TSan remembers four accesses for each 8: the waiting loop's would drive out
// those of a variable beside it.
class alignas(16) Signal {
 public:
  void Set() { set_.store(true, std::memory_order_relaxed); }
  void Await() {
    while (!set_.load(std::memory_order_relaxed)) runtime::Gosched();
  }

 private:
  std::atomic<bool> set_{false};
};

// How many races TSan reports while `body` runs as the main goroutine.
template <typename Body>
int Reports(Body body) {
  const int before = g_reports;
  muster::Run(body);
  return g_reports - before;
}

// ---- unbuffered: both ways

TEST(ChannelEdges, UnbufferedSendHappensBeforeItsReceive) {
  for (const bool receiver_first : {false, true}) {
    EXPECT_EQ(Reports([receiver_first] {
                auto chan = MakeChan<int>();
                volatile int shared = 0;
                Crew crew;
                crew.Start([&] {
                  if (receiver_first) {
                    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
                  }
                  shared = 1;
                  chan.Send(1);
                });
                if (!receiver_first) WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
                chan.Recv();
                EXPECT_EQ(shared, 1);
                crew.Join();
              }),
              0);
  }
}

TEST(ChannelEdges, UnbufferedReceiveHappensBeforeTheSendCompletes) {
  for (const bool sender_first : {false, true}) {
    EXPECT_EQ(Reports([sender_first] {
                auto chan = MakeChan<int>();
                volatile int shared = 0;
                Crew crew;
                crew.Start([&] {
                  if (sender_first) WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
                  shared = 1;
                  chan.Recv();
                });
                if (!sender_first) WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
                chan.Send(1);
                EXPECT_EQ(shared, 1);
                crew.Join();
              }),
              0);
  }
}

TEST(ChannelEdges, SelectMakesTheSameEdges) {
  EXPECT_EQ(Reports([] {
              auto chan = MakeChan<int>();
              auto other = MakeChan<int>();
              volatile int there = 0, back = 0;
              Crew crew;
              crew.Start([&] {
                there = 1;
                Select(OnRecv(other), OnSend(chan, 1));
                EXPECT_EQ(back, 1);
              });
              WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
              back = 1;
              Select(OnRecv(chan), OnSend(Chan<int>(), 1));
              EXPECT_EQ(there, 1);
              crew.Join();
            }),
            0);
}

// ---- buffered: the send before its receive, and not the other way round

TEST(ChannelEdges, BufferedSendHappensBeforeItsReceive) {
  for (const bool receiver_first : {false, true}) {
    EXPECT_EQ(Reports([receiver_first] {
                auto chan = MakeChan<int>(1);
                volatile int shared = 0;
                Crew crew;
                crew.Start([&] {
                  if (receiver_first) {
                    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
                  }
                  shared = 1;
                  chan.Send(1);
                });
                while (!receiver_first && chan.Len() == 0) runtime::Gosched();
                chan.Recv();
                EXPECT_EQ(shared, 1);
                crew.Join();
              }),
              0);
  }
}

TEST(ChannelEdges, BufferedReceiveDoesNotHappenBeforeItsSendCompletes) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(1);
              volatile int shared = 0;
              Crew crew;
              crew.Start([&] {
                shared = 1;
                chan.Recv();
              });
              WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
              chan.Send(1);  // does not wait for the receiver
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            1);
}

TEST(ChannelEdges, AReceiveHappensBeforeTheSendThatReusesItsRoom) {
  for (const bool receiver_first : {false, true}) {
    EXPECT_EQ(Reports([receiver_first] {
                auto chan = MakeChan<int>(1);
                volatile int shared = 0;
                Crew crew;
                if (!receiver_first) chan.Send(1);
                crew.Start([&] {
                  shared = 1;
                  chan.Recv();
                });
                if (receiver_first) {
                  WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
                  chan.Send(1);
                }
                chan.Send(2);  // the (1 + capacity)-th
                EXPECT_EQ(shared, 1);
                crew.Join();
              }),
              0);
  }
}

TEST(ChannelEdges, AReceiveDoesNotHappenBeforeASendThatHadRoomAnyway) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(2);
              volatile int shared = 0;
              Signal received;
              Crew crew;
              chan.Send(1);
              crew.Start([&] {
                shared = 1;
                chan.Recv();
                received.Set();
              });
              received.Await();
              chan.Send(2);  // into the second slot
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            1);
}

// ---- a sender that moves up into a full buffer

TEST(ChannelEdges, TheReceiverOfAValueThatMovedUpIsAfterItsSender) {
  EXPECT_EQ(Reports([] {
              auto chan = MakeChan<int>(1);
              volatile int shared = 0;
              Signal made_room;
              Crew crew;
              chan.Send(1);
              crew.Start([&] {
                shared = 1;
                chan.Send(2);
              });
              WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
              crew.Start([&] {
                chan.Recv();
                made_room.Set();
              });
              made_room.Await();
              EXPECT_EQ(chan.Recv(), 2);
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            0);
}

TEST(ChannelEdges, TheReceiverThatMadeRoomIsNotAfterTheSenderThatMovedUp) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(1);
              volatile int shared = 0;
              Crew crew;
              chan.Send(1);
              crew.Start([&] {
                shared = 1;
                chan.Send(2);
              });
              WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
              EXPECT_EQ(chan.Recv(), 1);  // main's own value
              EXPECT_EQ(shared, 1);
              chan.Recv();
              crew.Join();
            }),
            1);
}

// ---- close, and what orders nothing

TEST(ChannelEdges, CloseHappensBeforeAReceiveThatReportsIt) {
  for (const bool receiver_first : {false, true}) {
    EXPECT_EQ(Reports([receiver_first] {
                auto chan = MakeChan<int>();
                volatile int shared = 0;
                Signal closed;
                Crew crew;
                crew.Start([&] {
                  if (receiver_first) {
                    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
                  }
                  shared = 1;
                  chan.Close();
                  closed.Set();
                });
                if (!receiver_first) closed.Await();
                EXPECT_EQ(chan.Recv(), std::nullopt);
                EXPECT_EQ(shared, 1);
                crew.Join();
              }),
              0);
  }
}

TEST(ChannelEdges, ReceivingABufferedValueDoesNotOrderAfterTheClose) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(1);
              volatile int shared = 0;
              Signal closed;
              Crew crew;
              chan.Send(1);
              crew.Start([&] {
                shared = 1;
                chan.Close();
                closed.Set();
              });
              closed.Await();
              EXPECT_EQ(chan.Recv(), 1);
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            1);
}

TEST(ChannelEdges, TwoSendersAreNotOrdered) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(2);
              volatile int shared = 0;
              Signal sent;
              Crew crew;
              crew.Start([&] {
                shared = 1;
                chan.Send(1);
                sent.Set();
              });
              sent.Await();
              chan.Send(2);
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            1);
}

TEST(ChannelEdges, TwoReceiversAreNotOrdered) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(2);
              volatile int shared = 0;
              Signal received;
              Crew crew;
              chan.Send(1);
              chan.Send(2);
              crew.Start([&] {
                shared = 1;
                chan.Recv();
                received.Set();
              });
              received.Await();
              chan.Recv();
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            1);
}

TEST(ChannelEdges, LengthAndFailedOperationsOrderNothing) {
  EXPECT_GE(Reports([] {
              auto chan = MakeChan<int>(1);
              volatile int shared = 0;
              Crew crew;
              crew.Start([&] {
                shared = 1;
                chan.Send(1);
              });
              while (chan.Len() == 0) runtime::Gosched();
              EXPECT_FALSE(chan.TrySend(2));
              EXPECT_EQ(shared, 1);
              crew.Join();
            }),
            1);
}

}  // namespace
}  // namespace muster::testing
