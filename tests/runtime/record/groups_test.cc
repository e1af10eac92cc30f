// Grouped and streaming captures: they show what a whole one shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "runtime/sched/ticks.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::Capture;
using record::CaptureGroups;
using record::CaptureStream;
using record::Goroutine;
using record::Group;
using record::GroupedSnapshot;
using record::Snapshot;
using record::State;
using record::WaitReason;

void WaitUntilAlone() {
  while (runtime::NumGoroutine() > 1) runtime::Gosched();
}

const void* AddressOf(const Chan<int>& chan) { return chan.ref().get(); }

// Goroutines that wait at a few places, with and without labels, until Close.
class Crowd {
 public:
  explicit Crowd(int of_each) {
    for (int i = 0; i < of_each; ++i) {
      Go([gate = gate_] { gate.Recv(); });
      Go([gate = gate_] { InnerReceive(gate); });
      Go([gate = gate_, other = other_] { Select(OnRecv(gate), OnRecv(other)); });
    }
    const runtime::WithLabels labels({{"crowd", "yes"}});
    for (int i = 0; i < of_each; ++i) Go([gate = gate_] { InnerReceive(gate); });
    testing::WaitUntilParkedOn(AddressOf(gate_), WaitReason::kChanReceive, 3 * of_each);
    testing::WaitUntilParkedOn(AddressOf(gate_), WaitReason::kSelect, of_each);
  }
  ~Crowd() {
    gate_.Close();
    WaitUntilAlone();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  __attribute__((noinline)) static void InnerReceive(const Chan<int>& gate) {
    gate.Recv();
    __asm__ volatile("" ::: "memory");
  }

  Chan<int> gate_ = MakeChan<int>();
  Chan<int> other_ = MakeChan<int>();
};

using Key = std::tuple<std::vector<uint64_t>, std::vector<uint64_t>, State, WaitReason, bool,
                       record::Labels>;
template <typename T>  // a Goroutine or a Group
Key KeyOf(const T& g) {
  return {g.stack, g.creation_stack, g.state, g.reason, g.locked_to_thread, g.labels};
}

struct Expected {
  uint64_t count = 0;
  uint64_t lowest_id = UINT64_MAX;
  std::vector<int64_t> waits;
};

// What CaptureGroups should say of the goroutines of `snapshot` that wait.
std::map<Key, Expected> GroupWaiting(const Snapshot& snapshot) {
  std::map<Key, Expected> groups;
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.kind == record::Kind::kThread || g.state != State::kWaiting) continue;
    Expected& group = groups[KeyOf(g)];
    ++group.count;
    group.lowest_id = std::min(group.lowest_id, g.id);
    group.waits.push_back(snapshot.monotonic_ns - g.wait_since_ns);
  }
  for (auto& [key, group] : groups) std::sort(group.waits.begin(), group.waits.end());
  return groups;
}

TEST(CaptureGroups, AreTheGroupsOfACapture) {
  muster::Run([] {
    const Crowd crowd(40);
    const Snapshot whole = Capture();
    const GroupedSnapshot grouped = CaptureGroups();
    std::map<Key, Expected> expected = GroupWaiting(whole);
    EXPECT_EQ(grouped.live, whole.live);
    EXPECT_EQ(grouped.captured, whole.captured);
    for (const Group& group : grouped.groups) {
      if (group.state != State::kWaiting) continue;
      const auto at = expected.find(KeyOf(group));
      ASSERT_NE(at, expected.end());
      EXPECT_EQ(group.count, at->second.count);
      EXPECT_EQ(group.lowest_id, at->second.lowest_id);
      EXPECT_EQ(group.waiting, at->second.count);
      expected.erase(at);
    }
    EXPECT_TRUE(expected.empty()) << expected.size() << " groups are missing";
  });
}

// Whether the waits of all groups are those of the goroutines in `whole`, but for what two captures
// that convert times to nanoseconds on their own differ by.
bool WaitsAgree(const GroupedSnapshot& grouped, const Snapshot& whole) {
  constexpr int64_t kRounding = 2000;
  const std::map<Key, Expected> expected = GroupWaiting(whole);
  const int64_t later = grouped.monotonic_ns - whole.monotonic_ns;
  bool agree = true;
  for (const Group& group : grouped.groups) {
    const auto at = expected.find(KeyOf(group));
    if (at == expected.end()) continue;
    const std::vector<int64_t>& waits = at->second.waits;
    const auto is = [&](int64_t ns, int64_t wait) {
      return std::abs(wait + later - ns) < kRounding;
    };
    agree = agree && is(group.wait_min_ns, waits.front()) &&
            is(group.wait_median_ns, waits[(waits.size() - 1) / 2]) &&
            is(group.wait_max_ns, waits.back());
  }
  return agree;
}

// A capture reads two clocks one after the other; when the kernel comes between, its times are off.
// So not each pair of captures agrees, but most do.
TEST(CaptureGroups, TellTheShortestTheMedianAndTheLongestWait) {
  muster::Run([] {
    const Crowd crowd(40);
    bool agree = false;
    for (int i = 0; i < 100 && !agree; ++i) {
      const Snapshot whole = Capture();
      agree = WaitsAgree(CaptureGroups(), whole);
    }
    EXPECT_TRUE(agree);
  });
}

TEST(CaptureGroups, HaveTheLargestFirst) {
  muster::Run([] {
    const Crowd crowd(10);
    const std::vector<Group> groups = CaptureGroups().groups;
    ASSERT_GE(groups.size(), 4u);
    for (size_t i = 1; i < groups.size(); ++i) EXPECT_GE(groups[i - 1].count, groups[i].count);
  });
}

TEST(CaptureGroups, PutEqualLabelsOfDifferentGoroutinesTogether) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    for (int i = 0; i < 100; ++i) {
      Go([gate] {
        runtime::SetLabel("own", "same");  // a set of its own
        gate.Recv();
      });
    }
    testing::WaitUntilParkedOn(AddressOf(gate), WaitReason::kChanReceive, 100);
    const Group first = CaptureGroups().groups.at(0);
    EXPECT_EQ(first.count, 100u);
    EXPECT_EQ(first.labels, record::Labels({{"own", "same"}}));
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(CaptureGroups, WithoutStacksGoByStateAndReason) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    for (int i = 0; i < 3; ++i) Go([gate] { gate.Recv(); });
    Go([gate] {
      gate.Recv();
      runtime::Gosched();
    });
    testing::WaitUntilParkedOn(AddressOf(gate), WaitReason::kChanReceive, 4);
    const Group first = CaptureGroups({.stacks = false}).groups.at(0);
    EXPECT_EQ(first.reason, WaitReason::kChanReceive);
    EXPECT_EQ(first.count, 4u);
    EXPECT_TRUE(first.stack.empty());
    EXPECT_TRUE(first.creation_stack.empty());
    gate.Close();
    WaitUntilAlone();
  });
}

__attribute__((noinline)) void Descend(int depth, const Chan<int>& gate) {
  if (depth > 0) {
    Descend(depth - 1, gate);
  } else {
    gate.Recv();
  }
  __asm__ volatile("" ::: "memory");
}

TEST(CaptureGroups, SayWhereAStackWasCut) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    Go([gate] { Descend(200, gate); });
    testing::WaitUntilParkedOn(AddressOf(gate), WaitReason::kChanReceive);
    for (int round = 0; round < 2; ++round) {  // met for the first time, and known
      const std::vector<Group> groups = CaptureGroups().groups;
      const auto waits = [](const Group& g) { return g.reason == WaitReason::kChanReceive; };
      const auto deep = std::find_if(groups.begin(), groups.end(), waits);
      ASSERT_NE(deep, groups.end());
      EXPECT_EQ(deep->stack.size(), static_cast<size_t>(record::kMaxFrames));
      EXPECT_STREQ(deep->stack_note, "only the innermost 64 frames were walked");
    }
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(CaptureStream, ShowsEachGoroutineAsACaptureDoes) {
  muster::Run([] {
    const Crowd crowd(20);
    RWMutex mu;
    auto reading = MakeChan<int>();
    auto gate = MakeChan<int>();
    Go([&, gate, reading] {
      mu.RLock();
      gate.Recv();
      mu.RUnlock();
      reading.Close();
    });
    testing::WaitUntilParkedOn(AddressOf(gate), WaitReason::kChanReceive);
    const Snapshot whole = Capture();
    std::map<uint64_t, Goroutine> expected;
    for (const Goroutine& g : whole.goroutines) expected[g.id] = g;
    CaptureStream stream;
    while (const Goroutine* g = stream.Next()) {
      const auto at = expected.find(g->id);
      ASSERT_NE(at, expected.end()) << "goroutine " << g->id << " twice, or unknown";
      const Goroutine e = at->second;
      expected.erase(at);
      EXPECT_EQ(g->kind, e.kind);
      // The one that called Run may only just be about to wait for it.
      if (g->kind == record::Kind::kThread) continue;
      EXPECT_EQ(g->parent_id, e.parent_id);
      EXPECT_EQ(g->ancestors, e.ancestors);
      EXPECT_EQ(g->state, e.state);
      EXPECT_EQ(g->reason, e.reason);
      EXPECT_EQ(g->waits, e.waits);
      EXPECT_EQ(g->started_ns, e.started_ns);
      EXPECT_EQ(g->creation_stack, e.creation_stack);
      EXPECT_EQ(g->labels, e.labels);
      EXPECT_EQ(g->held, e.held);
      // This goroutine runs, and takes the two captures from two places.
      if (g->state == State::kWaiting) {
        EXPECT_EQ(g->stack, e.stack);
      }
    }
    EXPECT_TRUE(expected.empty());
    EXPECT_EQ(stream.summary().captured, whole.captured);
    EXPECT_EQ(stream.summary().live, whole.live);
    gate.Close();
    reading.Recv();
  });
}

TEST(CaptureStream, EndsForGood) {
  muster::Run([] {
    CaptureStream stream;
    EXPECT_NE(stream.Next(), nullptr);
    while (stream.Next() != nullptr) {
    }
    const uint64_t live = stream.summary().live;
    EXPECT_EQ(stream.Next(), nullptr);
    EXPECT_EQ(stream.summary().live, live);
  });
}

// Nothing is locked or held between two goroutines: the one who looks may do what it likes.
TEST(CaptureStream, LetsItsUserParkAndCaptureMeanwhile) {
  muster::Run([] {
    const Crowd crowd(5);
    auto ping = MakeChan<int>();
    int seen = 0;
    CaptureStream stream({.threads = false});
    while (stream.Next() != nullptr) {
      ++seen;
      Go([ping] { ping.Send(1); });
      ping.Recv();
      EXPECT_GE(CaptureGroups().captured, 21u);
    }
    EXPECT_GE(seen, 21);
  });
}

TEST(LongestHold, IsMeasuredAndNoLongerThanTheCapture) {
  muster::Run([] {
    const Crowd crowd(10);
    const int64_t begin = sched::NowNanos();
    const Snapshot snapshot = Capture();  // describes the channels
    const int64_t whole = sched::NowNanos() - begin;
    EXPECT_GT(snapshot.longest_hold_ns, 0);
    EXPECT_LE(snapshot.longest_hold_ns, whole);
  });
}

TEST(LongestHold, IsNoneWhereNobodyHadToBeHeld) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    for (int i = 0; i < 100; ++i) Go([gate] { gate.Recv(); });
    testing::WaitUntilParkedOn(AddressOf(gate), WaitReason::kChanReceive, 100);
    EXPECT_EQ(CaptureGroups().longest_hold_ns, 0);
    CaptureStream stream({.details = false, .threads = false});
    while (stream.Next() != nullptr) {
    }
    EXPECT_EQ(stream.summary().longest_hold_ns, 0);
    gate.Close();
    WaitUntilAlone();
  });
}

// All kinds of captures at once, from foreign threads, while goroutines run, park, change their
// labels and end. Those that wait throughout are seen by each, once.
TEST(CaptureStress, EveryKindIsCompleteWhileEverythingMoves) {
  constexpr uint64_t kLasting = 60;
  std::atomic<bool> stop{false};
  std::atomic<bool> ready{false};
  auto gate = MakeChan<int>();
  std::thread program([&] {
    muster::Run([&] {
      for (uint64_t i = 0; i < kLasting; ++i) {
        const runtime::WithLabels labels({{"lasting", "yes"}});
        Go([gate] { gate.Recv(); });
      }
      testing::WaitUntilParkedOn(AddressOf(gate), WaitReason::kChanReceive, kLasting);
      auto ping = MakeChan<int>(), pong = MakeChan<int>();
      Go([=] {
        for (int value : ping) pong.Send(value);
      });
      ready = true;
      for (int i = 0; !stop; ++i) {
        ping.Send(i);
        pong.Recv();
        auto brief = MakeChan<int>(1);
        Go([brief, i] {
          runtime::SetLabel("brief", i % 2 == 0 ? "even" : "odd");
          runtime::Gosched();
          brief.Send(i);
        });
        if (i % 2 == 0) brief.Recv();
      }
      ping.Close();
    });
  });
  while (!ready) std::this_thread::yield();
  const auto lasts = [](const auto& g) {
    return g.labels == record::Labels({{"lasting", "yes"}}) && !g.stack.empty();
  };
  constexpr int kRounds = 15;
  std::thread grouper([&] {
    for (int i = 0; i < kRounds; ++i) {
      uint64_t lasting = 0;
      for (const Group& group : CaptureGroups().groups) lasting += lasts(group) ? group.count : 0;
      EXPECT_EQ(lasting, kLasting);
    }
  });
  std::thread streamer([&] {
    for (int i = 0; i < kRounds; ++i) {
      std::set<uint64_t> seen;
      uint64_t lasting = 0;
      CaptureStream stream;
      while (const Goroutine* g = stream.Next()) {
        EXPECT_TRUE(seen.insert(g->id).second) << "goroutine " << g->id << " twice";
        lasting += lasts(*g) ? 1 : 0;
      }
      EXPECT_EQ(lasting, kLasting);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    const Snapshot snapshot = Capture();
    uint64_t lasting = 0;
    for (const Goroutine& g : snapshot.goroutines) lasting += lasts(g) ? 1 : 0;
    EXPECT_EQ(lasting, kLasting);
  }
  grouper.join();
  streamer.join();
  stop = true;
  program.join();
  gate.Close();
  while (runtime::NumGoroutine() > 0) runtime::Gosched();
}

}  // namespace
}  // namespace muster
