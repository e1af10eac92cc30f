// The roll call: complete, honest, and in nobody's way.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/hooks.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::Capture;
using record::Goroutine;
using record::Snapshot;
using record::State;
using record::WaitReason;

const Goroutine* Find(const Snapshot& snapshot, WaitReason reason) {
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.reason == reason) return &g;
  }
  return nullptr;
}

void WaitUntilAlone() {
  while (runtime::NumGoroutine() > 1) runtime::Gosched();
}

TEST(Capture, SaysNOfM) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    for (int i = 0; i < 20; ++i) Go([gate] { gate.Recv(); });
    testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive, 20);
    const Snapshot snapshot = Capture();
    EXPECT_EQ(snapshot.live, 21u);
    EXPECT_EQ(snapshot.captured, 21u);
    EXPECT_EQ(snapshot.pid, getpid());
    EXPECT_GT(snapshot.monotonic_ns, 0);
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(Capture, ShowsItsOwnCallerAsRunning) {
  muster::Run([] {
    const Snapshot snapshot = Capture();
    ASSERT_FALSE(snapshot.goroutines.empty());
    const Goroutine& self = snapshot.goroutines[0];
    EXPECT_EQ(self.id, runtime::GoroutineId());
    EXPECT_EQ(self.state, State::kRunning);
    EXPECT_FALSE(self.stack.empty());
    EXPECT_EQ(self.tid, syscall(SYS_gettid));
  });
}

TEST(Capture, ShowsWhatEachWaitsForAndSinceWhen) {
  muster::Run([] {
    auto chan = MakeChan<int>(3);
    chan.Send(1);
    auto empty = MakeChan<int>();
    const int64_t before = Capture().monotonic_ns;
    Go([empty] { empty.Recv(); });
    testing::WaitUntilParkedOn(empty.ref().get(), WaitReason::kChanReceive);
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, WaitReason::kChanReceive);
    ASSERT_NE(g, nullptr);
    EXPECT_EQ(g->state, State::kWaiting);
    ASSERT_EQ(g->waits.size(), 1u);
    EXPECT_EQ(g->waits[0].object, reinterpret_cast<uint64_t>(empty.ref().get()));
    EXPECT_EQ(g->waits[0].direction, record::Direction::kReceive);
    EXPECT_GE(g->wait_since_ns, before);
    EXPECT_LE(g->wait_since_ns, snapshot.monotonic_ns);
    empty.Close();
    WaitUntilAlone();
  });
}

TEST(Capture, ShowsEveryCaseOfASelect) {
  muster::Run([] {
    auto a = MakeChan<int>(), b = MakeChan<int>();
    Chan<int> nil;
    auto id = MakeChan<uint64_t>(1);
    Go([=] {
      id.Send(runtime::GoroutineId());
      Select(OnRecv(a), OnSend(b, 1), OnRecv(nil));
    });
    const uint64_t waiter = *id.Recv();
    testing::WaitUntilParked(waiter, WaitReason::kSelect);
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, WaitReason::kSelect);
    ASSERT_NE(g, nullptr);
    ASSERT_EQ(g->waits.size(), 3u);
    EXPECT_EQ(g->waits[0].object, reinterpret_cast<uint64_t>(a.ref().get()));
    EXPECT_EQ(g->waits[1].object, reinterpret_cast<uint64_t>(b.ref().get()));
    EXPECT_EQ(g->waits[1].direction, record::Direction::kSend);
    EXPECT_EQ(g->waits[2].object, 0u);
    EXPECT_EQ(snapshot.objects.size(), 2u);
    a.Close();
    WaitUntilAlone();
  });
}

TEST(Capture, CountsTheHandlesOfAChannelButNotItsWaitersOperations) {
  muster::Run([] {
    auto chan = MakeChan<int>();  // one handle here
    auto other = MakeChan<int>();
    Go([chan] { chan.Recv(); });  // one in each closure
    Go([chan, other] { Select(OnRecv(chan), OnRecv(other)); });
    testing::WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    testing::WaitUntilParkedOn(chan.ref().get(), WaitReason::kSelect);
    for (const record::Object& object : Capture().objects) {
      EXPECT_EQ(object.references,
                object.address == reinterpret_cast<uint64_t>(chan.ref().get()) ? 3u : 2u);
    }
    chan.Close();
    WaitUntilAlone();
  });
}

TEST(Capture, NamesTheHolderOfALock) {
  muster::Run([] {
    Mutex mu;
    mu.Lock();
    Go([&] {
      mu.Lock();
      mu.Unlock();
    });
    testing::WaitUntilParkedOn(&mu, WaitReason::kMutexLock);
    const Snapshot snapshot = Capture();
    ASSERT_EQ(snapshot.objects.size(), 1u);
    EXPECT_EQ(snapshot.objects[0].kind, record::ObjectKind::kMutex);
    EXPECT_EQ(snapshot.objects[0].owner_id, runtime::GoroutineId());
    EXPECT_NE(snapshot.objects[0].acquired_at, 0u);
    mu.Unlock();
    WaitUntilAlone();
  });
}

TEST(Capture, KnowsParentAndAncestors) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    const uint64_t main_id = runtime::GoroutineId();
    auto child_id = MakeChan<uint64_t>(1);
    Go([=] {
      child_id.Send(runtime::GoroutineId());
      Go([gate] { gate.Recv(); });
    });
    testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive);
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, WaitReason::kChanReceive);
    ASSERT_NE(g, nullptr);
    const uint64_t child = *child_id.Recv();
    EXPECT_EQ(g->parent_id, child);
    EXPECT_EQ(g->ancestors, std::vector<uint64_t>({child, main_id}));
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(Capture, BoundsTheAncestorChain) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    struct Chain {
      static void Link(int left, Chan<int> gate) {
        if (left > 0) {
          Go(&Chain::Link, left - 1, gate);
        } else {
          gate.Recv();
        }
      }
    };
    Chain::Link(20, gate);
    testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive);
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, WaitReason::kChanReceive);
    ASSERT_NE(g, nullptr);
    EXPECT_EQ(g->ancestors.size(), static_cast<size_t>(record::kMaxAncestors));
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(Labels, AreInheritedAtTheMomentOfGo) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    runtime::SetLabel("request", "42");
    Go([gate] { gate.Recv(); });
    runtime::SetLabel("request", "43");
    testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive);
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, WaitReason::kChanReceive);
    ASSERT_NE(g, nullptr);
    EXPECT_EQ(g->labels, record::Labels({{"request", "42"}}));
    runtime::SetLabel("request", "");
    EXPECT_TRUE(runtime::Labels().empty());
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(Labels, OfAForeignThreadAreInheritedToo) {
  runtime::SetLabel("thread", "main");
  auto labels = muster::Run([] { return runtime::Labels(); });
  EXPECT_EQ(labels, record::Labels({{"thread", "main"}}));
  runtime::SetLabel("thread", "");
}

TEST(Labels, WithLabelsRestoresWhatWasThere) {
  muster::Run([] {
    runtime::SetLabel("a", "1");
    {
      runtime::WithLabels scope({{"a", "2"}, {"b", "3"}});
      EXPECT_EQ(runtime::Labels(), record::Labels({{"a", "2"}, {"b", "3"}}));
    }
    EXPECT_EQ(runtime::Labels(), record::Labels({{"a", "1"}}));
    {
      runtime::WithLabels one({{"c", "4"}});
      EXPECT_EQ(runtime::Labels(), record::Labels({{"a", "1"}, {"c", "4"}}));
    }
  });
}

// The timer starts it, but whoever called AfterFunc caused it.
TEST(Capture, KnowsWhoCausedTheGoroutineOfATimer) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    runtime::SetLabel("from", "main");
    time::AfterFunc(absl::ZeroDuration(), [gate] { gate.Recv(); });
    testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive);
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, WaitReason::kChanReceive);
    ASSERT_NE(g, nullptr);
    EXPECT_EQ(g->parent_id, runtime::GoroutineId());
    EXPECT_FALSE(g->creation_stack.empty());
    EXPECT_EQ(g->labels, record::Labels({{"from", "main"}}));
    gate.Close();
    WaitUntilAlone();
  });
}

TEST(Capture, ShowsForeignThreadsThatWait) {
  auto gate = MakeChan<int>();
  std::thread waiter([gate] { gate.Recv(); });
  testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive);
  const Snapshot snapshot = Capture();
  const Goroutine* g = Find(snapshot, WaitReason::kChanReceive);
  ASSERT_NE(g, nullptr);
  EXPECT_EQ(g->kind, record::Kind::kThread);
  EXPECT_NE(g->tid, 0);
  EXPECT_FALSE(g->stack.empty());
  gate.Close();
  waiter.join();
}

TEST(Capture, WithoutStacksWalksNone) {
  muster::Run([] {
    record::CaptureOptions options;
    options.stacks = false;
    const Snapshot snapshot = Capture(options);
    EXPECT_TRUE(snapshot.goroutines[0].stack.empty());
    EXPECT_TRUE(snapshot.goroutines[0].creation_stack.empty());
  });
}

// Captures from a thread while goroutines park, wake, spawn and end: each capture holds every
// goroutine that lives throughout exactly once, and all of them go on.
TEST(CaptureStress, IsCompleteWhileEverythingMoves) {
  std::atomic<bool> stop{false};
  auto gate = MakeChan<int>();
  std::set<uint64_t> lasting;
  std::thread program([&] {
    muster::Run([&] {
      auto ids = MakeChan<uint64_t>();
      for (int i = 0; i < 50; ++i) {
        Go([=] {
          ids.Send(runtime::GoroutineId());
          gate.Recv();
        });
        lasting.insert(*ids.Recv());
      }
      auto ping = MakeChan<int>(), pong = MakeChan<int>();
      Go([=] {
        for (int value : ping) pong.Send(value);
      });
      testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive, 50);
      gate.TrySend(0);  // nothing: just another operation
      for (int i = 0; !stop; ++i) {
        ping.Send(i);
        pong.Recv();
        Go([] { runtime::Gosched(); });
        // Captures take longer with each: they must not come faster than they end.
        while (runtime::NumGoroutine() > 200) runtime::Gosched();
      }
      ping.Close();
    });
  });
  testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive, 49);
  for (int i = 0; i < 50; ++i) {
    const Snapshot snapshot = Capture();
    std::set<uint64_t> seen;
    for (const Goroutine& g : snapshot.goroutines) {
      EXPECT_TRUE(seen.insert(g.id).second) << "goroutine " << g.id << " twice";
    }
    EXPECT_LE(snapshot.captured, snapshot.live);
    int waiting = 0;
    for (const Goroutine& g : snapshot.goroutines) {
      waiting +=
          !g.waits.empty() && g.waits[0].object == reinterpret_cast<uint64_t>(gate.ref().get());
    }
    EXPECT_GE(waiting, 49);
  }
  stop = true;
  program.join();
  gate.Close();
  while (runtime::NumGoroutine() > 0) runtime::Gosched();
}

TEST(Hooks, SeeLifeAndBlocking) {
  static std::atomic<int> created{0}, started{0}, exited{0}, blocked{0}, unblocked{0};
  static const hooks::Observers observers = {
      .on_create = [](uint64_t, uint64_t) { ++created; },
      .on_start = [](uint64_t) { ++started; },
      .on_block =
          [](uint64_t, WaitReason reason, const void*) {
            if (reason == WaitReason::kChanReceive) ++blocked;
          },
      .on_unblock = [](uint64_t, uint64_t) { ++unblocked; },
      .on_exit = [](uint64_t) { ++exited; },
  };
  created = started = exited = blocked = unblocked = 0;  // the test may be repeated
  ASSERT_EQ(hooks::Install(&observers), nullptr);
  muster::Run([] {
    auto chan = MakeChan<int>();
    Go([chan] { chan.Recv(); });
    testing::WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    chan.Send(1);
    WaitUntilAlone();
  });
  while (runtime::NumGoroutine() > 0) runtime::Gosched();
  EXPECT_EQ(hooks::Install(nullptr), &observers);
  EXPECT_EQ(created, 2);
  EXPECT_EQ(started, 2);
  EXPECT_EQ(exited, 2);
  EXPECT_EQ(blocked, 1);
  EXPECT_GE(unblocked, 1);
}

// An observer that makes and closes channels and never waits: what it does is not observed in turn.
TEST(Hooks, DoNotSeeWhatObserversDo) {
  static std::atomic<int> closed{0};
  static const hooks::Observers observers = {
      .on_create = [](uint64_t, uint64_t) { MakeChan<int>(1).Close(); },
      .on_close = [](uint64_t, const void*) { ++closed; },
  };
  closed = 0;
  hooks::Install(&observers);
  muster::Run([] { MakeChan<int>().Close(); });
  hooks::Install(nullptr);
  EXPECT_EQ(closed, 1);
}

TEST(Names, AreGosWaitReasons) {
  EXPECT_STREQ(record::ToString(WaitReason::kChanReceive), "chan receive");
  EXPECT_STREQ(record::ToString(WaitReason::kSelectNoCases), "select (no cases)");
  EXPECT_STREQ(record::ToString(WaitReason::kRWMutexRLock), "sync.RWMutex.RLock");
  EXPECT_STREQ(record::ToString(State::kSyscall), "syscall");
  EXPECT_STREQ(record::ToString(record::ObjectKind::kWaitGroup), "sync.WaitGroup");
}

}  // namespace
}  // namespace muster
