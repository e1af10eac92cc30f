// What the record and the observers are told of channels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <tuple>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/hooks.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "runtime/record/describe.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/wait_until.h"

namespace muster::testing {
namespace {

using record::Direction;
using record::WaitReason;
using ::testing::ElementsAre;

// ---- captures

const record::Object* FindObject(const record::Snapshot& snapshot, const void* address) {
  for (const record::Object& object : snapshot.objects) {
    if (object.address == reinterpret_cast<uint64_t>(address)) return &object;
  }
  return nullptr;
}

TEST(ChannelRecord, DescribesTheChannelThatSomeoneWaitsOn) {
  muster::Run([] {
    auto chan = MakeChan<int>(2);
    chan.Send(1);
    chan.Send(2);
    Crew crew;
    crew.Start([&] { chan.Send(3); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanSend);
    const record::Snapshot snapshot = record::Capture();
    const record::Object* object = FindObject(snapshot, chan.ref().get());
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(object->kind, record::ObjectKind::kChan);
    EXPECT_EQ(object->capacity, 2u);
    EXPECT_EQ(object->length, 2u);
    EXPECT_FALSE(object->closed);
    EXPECT_EQ(object->creator_id, runtime::GoroutineId());
    chan.Recv();
    crew.Join();
  });
}

TEST(ChannelRecord, ReadsTheFieldsOneByOne) {
  muster::Run([] {
    auto chan = MakeChan<int>(5);
    chan.Send(1);
    chan.Close();
    record::Object object;
    record::DescribeChan(chan.ref().get(), &object);
    EXPECT_EQ(object.capacity, 5u);
    EXPECT_EQ(object.length, 1u);
    EXPECT_TRUE(object.closed);
    EXPECT_EQ(object.creator_id, runtime::GoroutineId());
  });
}

TEST(ChannelRecord, KnowsWhereTheChannelWasMade) {
  muster::Run([] {
    const auto made_at = [](const Chan<int>& chan) {
      record::Object object;
      record::DescribeChan(chan.ref().get(), &object);
      return object.created_at;
    };
    std::vector<uint64_t> places;
    volatile const int turns = 2;  // not to be unrolled: that would be a call for each turn
    for (int turn = 0; turn < turns; ++turn) {
      places.push_back(made_at(MakeChan<int>()));
      places.push_back(made_at(MakeChan<int>(1)));
    }
    EXPECT_EQ(places[0], places[2]);
    EXPECT_EQ(places[1], places[3]);
    EXPECT_NE(places[0], places[1]);
  });
}

TEST(ChannelRecord, SaysWhichWayAGoroutineWaits) {
  muster::Run([] {
    auto out = MakeChan<int>();
    auto in = MakeChan<int>();
    Crew crew;
    crew.Start([&] { out.Send(1); });
    crew.Start([&] { in.Recv(); });
    WaitUntilParkedOn(out.ref().get(), WaitReason::kChanSend);
    WaitUntilParkedOn(in.ref().get(), WaitReason::kChanReceive);
    int seen = 0;
    for (const record::Goroutine& goroutine : record::Capture().goroutines) {
      for (const record::Wait& wait : goroutine.waits) {
        if (wait.object == reinterpret_cast<uint64_t>(out.ref().get())) {
          EXPECT_EQ(wait.direction, Direction::kSend);
          ++seen;
        } else if (wait.object == reinterpret_cast<uint64_t>(in.ref().get())) {
          EXPECT_EQ(wait.direction, Direction::kReceive);
          ++seen;
        }
      }
    }
    EXPECT_EQ(seen, 2);
    out.Recv();
    in.Send(1);
    crew.Join();
  });
}

TEST(SelectRecord, ListsEveryCaseInSourceOrder) {
  muster::Run([] {
    auto a = MakeChan<int>();
    auto b = MakeChan<int>();
    std::atomic<uint64_t> id{0};
    Crew crew;
    crew.Start([&] {
      id = runtime::GoroutineId();
      Select(OnSend(b, 1), OnRecv(Chan<int>()), OnRecv(a), OnRecv(b));
    });
    WaitUntilParkedOn(a.ref().get(), WaitReason::kSelect);
    std::vector<std::tuple<uint64_t, Direction>> cases;
    for (const record::Goroutine& goroutine : record::Capture().goroutines) {
      if (goroutine.id != id) continue;
      for (const record::Wait& wait : goroutine.waits) {
        EXPECT_EQ(wait.kind, record::ObjectKind::kChan);
        cases.emplace_back(wait.object, wait.direction);
      }
    }
    const auto address = [](const Chan<int>& chan) {
      return reinterpret_cast<uint64_t>(chan.ref().get());
    };
    EXPECT_THAT(cases, ElementsAre(std::tuple(address(b), Direction::kSend),
                                   std::tuple(uint64_t{0}, Direction::kReceive),
                                   std::tuple(address(a), Direction::kReceive),
                                   std::tuple(address(b), Direction::kReceive)));
    a.Send(1);
    crew.Join();
  });
}

// ---- observers

// Counts what is reported about one channel.
struct Heard {
  static inline std::atomic<const void*> chan{nullptr};
  static inline std::atomic<int> sends{0}, receives{0}, closes{0};
  static inline std::atomic<uint64_t> last_id{0};

  static void OnChan(uint64_t id, const void* address, Direction direction) {
    if (address != chan) return;
    ++(direction == Direction::kSend ? sends : receives);
    last_id = id;
  }
  static void OnClose(uint64_t id, const void* address) {
    if (address != chan) return;
    ++closes;
    last_id = id;
  }
};

class ChannelObservers : public ::testing::Test {
 protected:
  void SetUp() override {
    static hooks::Observers observers;
    observers.on_chan = &Heard::OnChan;
    observers.on_close = &Heard::OnClose;
    Heard::sends = Heard::receives = Heard::closes = 0;
    previous_ = hooks::Install(&observers);
  }
  void TearDown() override {
    hooks::Install(previous_);
    Heard::chan = nullptr;
  }
  const hooks::Observers* previous_ = nullptr;
};

TEST_F(ChannelObservers, HearEachCompletedOperationOnce) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    Heard::chan = chan.ref().get();
    chan.Send(1);
    EXPECT_EQ(Heard::sends, 1);
    EXPECT_EQ(Heard::last_id, runtime::GoroutineId());
    EXPECT_FALSE(chan.TrySend(2));
    EXPECT_EQ(Heard::sends, 1);  // it failed
    chan.Recv();
    std::optional<int> value;
    chan.TryRecv(&value);
    EXPECT_EQ(Heard::receives, 1);
    Select(OnSend(chan, 3), OnDefault());
    Select(OnRecv(chan), OnRecv(Chan<int>()));
    EXPECT_EQ(Heard::sends, 2);
    EXPECT_EQ(Heard::receives, 2);
    chan.Close();
    EXPECT_EQ(Heard::closes, 1);
    chan.Recv();
    chan.TryRecv(&value);
    EXPECT_EQ(Heard::receives, 4);  // a receive that reports the close completes too
  });
}

TEST_F(ChannelObservers, HearBothSidesOfAHandOver) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Heard::chan = chan.ref().get();
    Crew crew;
    crew.Start([&] { chan.Recv(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    EXPECT_EQ(Heard::receives, 0);  // it has not completed
    chan.Send(1);
    crew.Join();
    EXPECT_EQ(Heard::sends, 1);
    EXPECT_EQ(Heard::receives, 1);
  });
}

}  // namespace
}  // namespace muster::testing
