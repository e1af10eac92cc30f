// Many goroutines on few channels: whatever the interleaving, each value arrives exactly once, each
// receiver sees each sender's values in order, and nobody is forgotten. Sized for about a second in
// a release build; a sanitizer's own checks are the other half of what these tests assert.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/chan/elements.h"

namespace muster::testing {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kScale = 1;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr int kScale = 1;
#else
constexpr int kScale = 40;
#endif
#else
constexpr int kScale = 40;
#endif

// A value that tells who sent it and as the how-manieth; heap-allocated, so that a lost or doubled
// one is a leak or a use after free as well.
struct Parcel {
  int sender;
  int number;
};
using ParcelPtr = std::unique_ptr<Parcel>;

// What one consumer has received: per sender, in increasing order if the channel is one FIFO.
class Receipts {
 public:
  Receipts(int senders, int each) {
    for (int s = 0; s < senders; ++s) counts_.emplace_back(each);
  }
  void Note(const Parcel& parcel) { ++counts_[parcel.sender][parcel.number]; }
  void ExpectEachOnce() const {
    for (const auto& sender : counts_) {
      for (const auto& count : sender) ASSERT_EQ(count.load(), 1);
    }
  }

 private:
  std::vector<std::vector<std::atomic<int>>> counts_;
};

TEST(ChannelStress, EveryValueArrivesOnceAndInItsSendersOrder) {
  static constexpr int kSenders = 8, kReceivers = 5, kEach = 500 * kScale;
  for (const size_t capacity : {0, 1, 7}) {
    muster::Run([capacity] {
      auto chan = MakeChan<ParcelPtr>(capacity);
      Receipts receipts(kSenders, kEach);
      Crew senders, receivers;
      for (int s = 0; s < kSenders; ++s) {
        senders.Start([&, s] {
          for (int i = 0; i < kEach; ++i) chan.Send(std::make_unique<Parcel>(Parcel{s, i}));
        });
      }
      for (int r = 0; r < kReceivers; ++r) {
        receivers.Start([&] {
          std::vector<int> last(kSenders, -1);
          for (ParcelPtr& parcel : chan) {
            receipts.Note(*parcel);
            EXPECT_GT(parcel->number, last[parcel->sender]);
            last[parcel->sender] = parcel->number;
          }
        });
      }
      senders.Join();
      chan.Close();
      receivers.Join();
      receipts.ExpectEachOnce();
    });
  }
}

TEST(ChannelStress, SelectsOnBothSidesLoseNothing) {
  static constexpr int kSenders = 6, kReceivers = 4, kEach = 300 * kScale;
  muster::Run([] {
    // Unbuffered, barely buffered, buffered: the selects wait on all at once, in different orders.
    auto a = MakeChan<ParcelPtr>();
    auto b = MakeChan<ParcelPtr>(1);
    auto c = MakeChan<ParcelPtr>(4);
    auto quit = MakeChan<int>();
    Receipts receipts(kSenders, kEach);
    Crew senders, receivers;
    for (int s = 0; s < kSenders; ++s) {
      senders.Start([&, s] {
        for (int i = 0; i < kEach; ++i) {
          // A value that was not consumed is destroyed with its case: each case has its own copy.
          const auto parcel = [&] { return std::make_unique<Parcel>(Parcel{s, i}); };
          if (s % 2 == 0) {
            Select(OnSend(a, parcel()), OnSend(b, parcel()), OnSend(c, parcel()));
          } else {
            Select(OnSend(c, parcel()), OnSend(a, parcel()));
          }
        }
      });
    }
    for (int r = 0; r < kReceivers; ++r) {
      receivers.Start([&] {
        const auto note = [&](std::optional<ParcelPtr> parcel) { receipts.Note(**parcel); };
        for (bool running = true; running;) {
          Select(OnRecv(b, note), OnRecv(quit, [&] { running = false; }), OnRecv(a, note),
                 OnRecv(c, note));
        }
      });
    }
    senders.Join();
    // What is still buffered is received by whoever is left.
    std::optional<ParcelPtr> left;
    while (b.TryRecv(&left) == TryResult::kDone) receipts.Note(**left);
    while (c.TryRecv(&left) == TryResult::kDone) receipts.Note(**left);
    quit.Close();
    receivers.Join();
    receipts.ExpectEachOnce();
  });
}

TEST(ChannelStress, RacingWakersCompleteASelectOnce) {
  static constexpr int kRounds = 500 * kScale;
  muster::Run([] {
    // Both senders race for the same parked select again and again; the loser's value must be
    // received by the next one.
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    Crew crew;
    crew.Start([&] {
      for (int i = 0; i < kRounds; ++i) a.Send(i);
    });
    crew.Start([&] {
      for (int i = 0; i < kRounds; ++i) b.Send(i);
    });
    int next_a = 0, next_b = 0;
    while (next_a + next_b < 2 * kRounds) {
      Select(OnRecv(a, [&](std::optional<int> value) { EXPECT_EQ(*value, next_a++); }),
             OnRecv(b, [&](std::optional<int> value) { EXPECT_EQ(*value, next_b++); }));
    }
    crew.Join();
    EXPECT_EQ(next_a, kRounds);
    EXPECT_EQ(next_b, kRounds);
  });
}

TEST(ChannelStress, SelectsThatNameTheSameChannelsInAnyOrderDoNotDeadlock) {
  static constexpr int kRounds = 300 * kScale;
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    std::atomic<int> sent{0}, received{0};
    const auto send = [&] { ++sent; };
    const auto receive = [&] { ++received; };
    Crew crew;
    for (int g = 0; g < 6; ++g) {
      crew.Start([&, g] {
        for (int i = 0; i < kRounds; ++i) {
          // The default keeps the last one from waiting for ever.
          auto none = OnDefault();
          if (g % 2 == 0) {
            Select(OnSend(a, 1, send), OnRecv(b, receive), OnRecv(a, receive), OnSend(b, 1, send),
                   none);
          } else {
            Select(OnSend(b, 1, send), OnSend(a, 1, send), OnRecv(a, receive), OnRecv(b, receive),
                   none);
          }
        }
      });
    }
    crew.Join();
    EXPECT_EQ(sent, received);
  });
}

TEST(ChannelStress, CloseRacesWithSendersAndReceivers) {
  static constexpr int kRounds = 40 * kScale;
  ASSERT_EQ(Counted::live(), 0);
  muster::Run([] {
    for (int round = 0; round < kRounds; ++round) {
      auto chan = MakeChan<Counted>(round % 3);
      std::atomic<int> sent{0}, received{0};
      Crew crew;
      for (int s = 0; s < 4; ++s) {
        crew.Start([&, s] {
          try {
            for (int i = 0; i < 10; ++i) {
              if (s % 2 == 0) {
                chan.Send(Counted(i));
              } else {
                Select(OnSend(chan, Counted(i)), OnRecv(Chan<int>()));
              }
              ++sent;
            }
          } catch (const Panic&) {
            // The close came first.
          }
        });
      }
      for (int r = 0; r < 2; ++r) {
        crew.Start([&, r] {
          for (bool open = true; open;) {
            if (r % 2 == 0) {
              open = chan.Recv().has_value();
            } else {
              Select(OnRecv(chan, [&](std::optional<Counted> v) { open = v.has_value(); }),
                     OnSend(Chan<int>(), 1));
            }
            if (open) ++received;
          }
        });
      }
      for (int i = 0; i < round % 5; ++i) runtime::Gosched();
      chan.Close();
      crew.Join();
      ASSERT_EQ(sent, received);
      ASSERT_EQ(Counted::live(), 0);
    }
  });
}

TEST(ChannelStress, ChannelsOnTheStackMayGoAsSoonAsTheyHaveDelivered) {
  static constexpr int kRounds = 1000 * kScale;
  muster::Run([] {
    // The answer may be received, and its channel freed, before Send has returned.
    for (int round = 0; round < kRounds; ++round) {
      auto answer = std::make_unique<Chan<int>>(MakeChan<int>(round % 2));
      Go([&chan = *answer, round] { chan.Send(round); });
      ASSERT_EQ(answer->Recv(), round);
    }
  });
}

// One move in 53 throws, wherever it is made.
struct Brittle {
  explicit Brittle(int v) : value(v) {}
  Brittle(Brittle&& other) : value(other.value) {
    if (moves++ % 53 == 0) throw MoveFailed();
    other.value = -1;
  }
  int value;
  inline static std::atomic<int> moves{0};
};

TEST(ChannelStress, ThrowingMovesLoseNobody) {
  // The operation is repeated by whoever got the exception, and all values must still arrive.
  static constexpr int kSenders = 4, kReceivers = 3, kEach = 200 * kScale;
  for (const size_t capacity : {0, 2}) {
    muster::Run([capacity] {
      auto chan = MakeChan<Brittle>(capacity);
      std::vector<std::atomic<int>> counts(kSenders * kEach);
      Crew senders, receivers;
      for (int s = 0; s < kSenders; ++s) {
        senders.Start([&, s] {
          for (int i = 0; i < kEach; ++i) {
            Brittle value(s * kEach + i);
            for (bool done = false; !done;) {
              try {
                internal::ChanSend(chan.ref().get(), &value);
                done = true;
              } catch (const MoveFailed&) {
              }
            }
          }
        });
      }
      for (int r = 0; r < kReceivers; ++r) {
        receivers.Start([&] {
          for (bool open = true; open;) {
            internal::RawSlot<Brittle> slot;
            try {
              open = internal::ChanRecv(chan.ref().get(), slot.storage());
            } catch (const MoveFailed&) {
              continue;
            }
            if (!open) break;
            slot.set_full();
            ++counts[slot.value()->value];
          }
        });
      }
      senders.Join();
      chan.Close();
      receivers.Join();
      for (const auto& count : counts) ASSERT_EQ(count, 1);
    });
  }
}

TEST(ChannelStress, ThreadsAndGoroutinesMixed) {
  static constexpr int kEach = 200 * kScale;
  muster::Run([] {
    auto chan = MakeChan<ParcelPtr>(2);
    auto other = MakeChan<ParcelPtr>();
    Receipts receipts(4, kEach);
    const auto produce = [&](int s) {
      for (int i = 0; i < kEach; ++i) {
        Select(OnSend(chan, std::make_unique<Parcel>(Parcel{s, i})),
               OnSend(other, std::make_unique<Parcel>(Parcel{s, i})));
      }
    };
    const auto consume = [&] {
      for (bool open = true; open;) {
        const auto note = [&](std::optional<ParcelPtr> parcel) {
          if (parcel.has_value()) {
            receipts.Note(**parcel);
          } else {
            open = false;
          }
        };
        Select(OnRecv(chan, note), OnRecv(other, note));
      }
    };
    Crew senders, receivers;
    std::vector<std::thread> sender_threads, receiver_threads;
    for (int s = 0; s < 2; ++s) {
      senders.Start([&, s] { produce(s); });
      sender_threads.emplace_back([&, s] { produce(s + 2); });
      receivers.Start(consume);
      receiver_threads.emplace_back(consume);
    }
    senders.Join();
    for (std::thread& thread : sender_threads) thread.join();
    std::optional<ParcelPtr> left;
    while (chan.TryRecv(&left) == TryResult::kDone) receipts.Note(**left);
    chan.Close();
    receivers.Join();
    for (std::thread& thread : receiver_threads) thread.join();
    receipts.ExpectEachOnce();
  });
}

}  // namespace
}  // namespace muster::testing
