#include "muster/leaks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "muster/muster.h"
#include "muster/record.h"
#include "tests/runtime/reach/parked.h"

namespace muster {
namespace {

using runtime::FindLeaks;
using runtime::LeakReport;
using testing::ForgetOldFrames;
using testing::Parked;

#if defined(MUSTER_SANITIZED)
TEST(FindLeaks, SaysThatItCannotWorkUnderASanitizer) {
  muster::Run([] {
    const LeakReport report = FindLeaks();
    EXPECT_TRUE(report.goroutines.empty());
    EXPECT_NE(report.failure, "");
  });
}
#else

bool Reports(uint64_t id) {
  ForgetOldFrames();
  const LeakReport report = FindLeaks();
  EXPECT_EQ(report.failure, "");
  return std::count(report.goroutines.begin(), report.goroutines.end(), id) == 1;
}

// A thread that is just on its way to sleep may have an old pointer in a register. It hides a leak
// for as long as the thread takes, and never makes one up; so a leak may be looked for repeatedly.
bool IsFoundInTheEnd(uint64_t id) {
  for (int looks = 0; looks < 1000; ++looks) {
    if (Reports(id)) return true;
    runtime::Gosched();
  }
  return false;
}

#define EXPECT_LEAKED(id) EXPECT_TRUE(IsFoundInTheEnd(id))
#define EXPECT_NOT_LEAKED(id) EXPECT_FALSE(Reports(id))

TEST(FindLeaks, ProvesASenderWhoseReceiverHasGone) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Chan<int> chan = MakeChan<int>();
      Go([chan, tell] {
        tell();
        chan.Send(1);
      });
    });
    EXPECT_LEAKED(id);
  });
}

// The same, but that somebody could still receive.
TEST(FindLeaks, SparesASenderWhoseChannelMainStillHas) {
  muster::Run([] {
    Chan<int> chan = MakeChan<int>();
    const uint64_t id = Parked([chan](auto tell) {
      Go([chan, tell] {
        tell();
        chan.Send(1);
      });
    });
    EXPECT_NOT_LEAKED(id);
    EXPECT_EQ(chan.Recv(), 1);
  });
}

Chan<int> g_chan;

TEST(FindLeaks, SparesAChannelThatAGlobalVariableHas) {
  muster::Run([] {
    g_chan = MakeChan<int>();
    const uint64_t id = Parked([](auto tell) {
      Go([tell] {
        tell();
        g_chan.Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
    g_chan.Close();
  });
}

struct Node {
  std::unique_ptr<Node> next;
  Chan<int> chan;
};
std::map<int, std::unique_ptr<Node> > g_registry;

TEST(FindLeaks, SparesAChannelDeepInTheHeap) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      auto head = std::make_unique<Node>();
      Node* last = head.get();
      for (int i = 0; i < 100; ++i) {
        last->next = std::make_unique<Node>();
        last = last->next.get();
      }
      last->chan = MakeChan<int>();
      Go([chan = last->chan, tell] {
        tell();
        chan.Recv();
      });
      g_registry[7] = std::move(head);
    });
    EXPECT_NOT_LEAKED(id);
    // Once the list is gone, so is the one way to the channel.
    g_registry.clear();
    EXPECT_LEAKED(id);
  });
}

TEST(FindLeaks, SparesWhatAGoroutineThatCanBeWokenHas) {
  muster::Run([] {
    Chan<int> outer = MakeChan<int>();
    const uint64_t id = Parked([outer](auto tell) {
      Chan<int> inner = MakeChan<int>();
      Go([inner, outer] {
        outer.Recv();
        inner.Send(1);
      });
      Go([inner, tell] {
        tell();
        inner.Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
    outer.Close();
  });
}

// In a frame of its own, so that nothing of it stays behind in the caller's.
__attribute__((noinline)) std::vector<uint64_t> ChainWithoutAHead() {
  std::vector<uint64_t> ids;
  Chan<int> link = MakeChan<int>();
  for (int i = 0; i < 10; ++i) {
    Chan<int> next = MakeChan<int>();
    ids.push_back(Parked([&](auto tell) {
      Go([from = link, to = next, tell] {
        tell();
        to.Send(*from.Recv());
      });
    }));
    link = next;
  }
  return ids;
}

TEST(FindLeaks, ProvesAllOfAChainWhoseHeadIsLost) {
  muster::Run([] {
    const std::vector<uint64_t> ids = ChainWithoutAHead();
    for (const uint64_t id : ids) EXPECT_LEAKED(id);
  });
}

TEST(FindLeaks, SparesASleeperAndWhoWaitsForIt) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Chan<int> chan = MakeChan<int>();
      Go([chan] {
        time::Sleep(absl::Hours(1));
        chan.Close();
      });
      Go([chan, tell] {
        tell();
        chan.Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
  });
}

TEST(FindLeaks, SparesWhoWaitsForATimersChannel) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Go([tell] {
        tell();
        time::After(absl::Hours(1)).Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
  });
}

TEST(FindLeaks, SparesWhoWaitsForADeadline) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Go([tell] {
        auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Hours(1));
        tell();
        ctx.Done().Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
  });
}

TEST(FindLeaks, ProvesASelectOfLostChannelsOnly) {
  Chan<int> kept = MakeChan<int>();
  muster::Run([kept] {
    const uint64_t lost = Parked([](auto tell) {
      Go([tell] {
        const Chan<int> a = MakeChan<int>(), b = MakeChan<int>();
        tell();
        Select(OnRecv(a, [](std::optional<int>) {}), OnRecv(b, [](std::optional<int>) {}));
      });
    });
    const uint64_t spared = Parked([kept](auto tell) {
      Go([kept, tell] {
        const Chan<int> a = MakeChan<int>();
        tell();
        Select(OnRecv(a, [](std::optional<int>) {}), OnRecv(kept, [](std::optional<int>) {}));
      });
    });
    EXPECT_LEAKED(lost);
    EXPECT_NOT_LEAKED(spared);
  });
}

TEST(FindLeaks, ProvesANilChannelAndAnEmptySelect) {
  muster::Run([] {
    const uint64_t nil = Parked([](auto tell) {
      Go([tell] {
        tell();
        Chan<int>().Recv();
      });
    });
    EXPECT_LEAKED(nil);
  });
}

TEST(FindLeaks, ProvesALockThatItsOnlyUserTookTwice) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Go([tell] {
        Mutex mutex;
        mutex.Lock();
        tell();
        mutex.Lock();
      });
    });
    EXPECT_LEAKED(id);
  });
}

TEST(FindLeaks, ProvesAWaitGroupThatNobodyElseHas) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Go([tell] {
        auto group = std::make_shared<WaitGroup>();
        group->Add(1);
        tell();
        group->Wait();
      });
    });
    EXPECT_LEAKED(id);
  });
}

TEST(FindLeaks, SparesAWaitGroupOnTheStackOfOneWhoWaitsForItsMembers) {
  muster::Run([] {
    Chan<int> go_on = MakeChan<int>();
    const uint64_t id = Parked([go_on](auto tell) {
      Go([go_on, tell] {
        WaitGroup group;
        group.Go([&] { go_on.Recv(); });
        tell();
        group.Wait();
      });
    });
    EXPECT_NOT_LEAKED(id);
    go_on.Close();
  });
}

TEST(FindLeaks, ProvesAConditionThatNobodyCanSignal) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Go([tell] {
        Mutex mutex;
        Cond cond(mutex);
        mutex.Lock();
        tell();
        cond.Wait();
      });
    });
    EXPECT_LEAKED(id);
  });
}

TEST(FindLeaks, SparesWhatOnlyAForeignThreadHas) {
  std::atomic<int> step{0};
  std::thread other;
  muster::Run([&] {
    const uint64_t id = Parked([&](auto tell) {
      Chan<int> chan = MakeChan<int>();
      other = std::thread([chan = new Chan<int>(chan), &step] {
        while (step.load() == 0) std::this_thread::yield();
        chan->Close();
        delete chan;
      });
      Go([chan, tell] {
        tell();
        chan.Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
    step = 1;
  });
  other.join();
}

// The address of what the goroutine waits for, inverted: nothing else here is to have it.
std::atomic<uintptr_t> g_inverted{0};

__attribute__((noinline)) void InvertWhatItWaitsFor(uint64_t id) {
  for (const record::Goroutine& g : record::Capture({.stacks = false}).goroutines) {
    if (g.id == id) g_inverted = ~g.waits.data()->object;
  }
}

__attribute__((noinline)) void HaveItOnTheStack(std::atomic<bool>* has,
                                                const std::atomic<bool>& end) {
  const volatile uintptr_t address = ~g_inverted;
  *has = true;
  while (!end) std::this_thread::yield();
  ASSERT_NE(address, 0u);
}

// What a tool has read of the record is no way to it.
TEST(FindLeaks, SparesWhatAThreadHasOnItsStackUnlessItIsATools) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Chan<int> chan = MakeChan<int>();
      Go([chan, tell] {
        tell();
        chan.Recv();
      });
    });
    InvertWhatItWaitsFor(id);
    for (const bool tool : {false, true}) {
      std::atomic<bool> has{false};
      std::atomic<bool> end{false};
      std::thread thread([&] {
        if (tool) record::MarkSystemThread();
        HaveItOnTheStack(&has, end);
      });
      while (!has) runtime::Gosched();
      if (tool) {
        EXPECT_LEAKED(id);
      } else {
        EXPECT_NOT_LEAKED(id);
      }
      end = true;
      thread.join();
    }
  });
}

thread_local std::unique_ptr<Chan<int> > t_chan;

TEST(FindLeaks, SparesWhatAThreadLocalVariableHas) {
  std::atomic<int> step{0};
  std::atomic<Chan<int>*> made{nullptr};
  std::thread other([&] {
    t_chan = std::make_unique<Chan<int> >(MakeChan<int>());
    made = t_chan.get();
    while (step.load() == 0) std::this_thread::yield();
    t_chan->Close();
  });
  while (made.load() == nullptr) std::this_thread::yield();
  muster::Run([&] {
    const uint64_t id = Parked([&](auto tell) {
      Go([chan = *made.exchange(nullptr), tell] {
        tell();
        chan.Recv();
      });
    });
    EXPECT_NOT_LEAKED(id);
    step = 1;
  });
  other.join();
}

// Blocks of all sorts: malloc's small ones, other arenas', and mappings of their own.
TEST(FindLeaks, FollowsPointersThroughBlocksOfAnySize) {
  for (const size_t size : {size_t{24}, size_t{1000}, size_t{100'000}, size_t{10'000'000}}) {
    SCOPED_TRACE(size);
    muster::Run([size] {
      struct Hidden {
        Chan<int> chan;
      };
      auto* outer = static_cast<char*>(std::calloc(1, size));
      const uint64_t id = Parked([&](auto tell) {
        auto* hidden = new Hidden{MakeChan<int>()};
        *reinterpret_cast<Hidden**>(outer + (size / 2 & ~size_t{7})) = hidden;
        Go([chan = hidden->chan, tell] {
          tell();
          chan.Recv();
        });
      });
      EXPECT_NOT_LEAKED(id);
      std::free(outer);
    });
  }
}

// What is proven can only be woken by force: with a pointer out of nowhere. For each kind of wait,
// an object that only the goroutine has, how that waits on it, and how to wake it.
uintptr_t g_disguised = 0;
std::atomic<bool> g_woken{false};

template <typename Object>
void ProveAndWakeByForce(void (*wait)(Object&), void (*wake)(Object&)) {
  muster::Run([wait, wake] {
    g_woken = false;
    const uint64_t id = Parked([wait](auto tell) {
      auto* object = new Object;
      g_disguised = ~reinterpret_cast<uintptr_t>(object);
      Go([object, tell, wait] {
        tell();
        wait(*object);
        g_woken = true;
      });
    });
    EXPECT_LEAKED(id);
    for (int i = 0; i < 100; ++i) runtime::Gosched();
    EXPECT_FALSE(g_woken);
    Object* volatile object = reinterpret_cast<Object*>(~g_disguised);
    EXPECT_NOT_LEAKED(id);  // now there is a pointer
    wake(*object);
    while (!g_woken) runtime::Gosched();
    delete object;
  });
}

struct TwoChans {
  Chan<int> a = MakeChan<int>();
  Chan<int> b = MakeChan<int>();
};
struct CondAndMutex {
  Mutex mutex;
  Cond cond{mutex};
};

TEST(FindLeaksByForce, WakesAProvenReceiver) {
  ProveAndWakeByForce<TwoChans>([](TwoChans& chans) { chans.a.Recv(); },
                                [](TwoChans& chans) { chans.a.Close(); });
}

TEST(FindLeaksByForce, WakesAProvenSender) {
  ProveAndWakeByForce<TwoChans>([](TwoChans& chans) { chans.a.Send(1); },
                                [](TwoChans& chans) { chans.a.Recv(); });
}

TEST(FindLeaksByForce, WakesAProvenSelect) {
  ProveAndWakeByForce<TwoChans>(
      [](TwoChans& chans) {
        Select(OnRecv(chans.a, [](std::optional<int>) {}), OnSend(chans.b, 1, [] {}));
      },
      [](TwoChans& chans) { chans.b.Recv(); });
}

TEST(FindLeaksByForce, WakesAProvenLocker) {
  ProveAndWakeByForce<Mutex>(
      [](Mutex& mutex) {
        mutex.Lock();
        mutex.Lock();
      },
      [](Mutex& mutex) { mutex.Unlock(); });
}

TEST(FindLeaksByForce, WakesAProvenReader) {
  ProveAndWakeByForce<RWMutex>(
      [](RWMutex& mutex) {
        mutex.Lock();
        mutex.RLock();
      },
      [](RWMutex& mutex) { mutex.Unlock(); });
}

TEST(FindLeaksByForce, WakesAProvenWriter) {
  ProveAndWakeByForce<RWMutex>(
      [](RWMutex& mutex) {
        mutex.RLock();
        mutex.Lock();
      },
      [](RWMutex& mutex) { mutex.RUnlock(); });
}

TEST(FindLeaksByForce, WakesAProvenWaiterForAGroup) {
  ProveAndWakeByForce<WaitGroup>(
      [](WaitGroup& group) {
        group.Add(1);
        group.Wait();
      },
      [](WaitGroup& group) { group.Done(); });
}

TEST(FindLeaksByForce, WakesAProvenWaiterForACondition) {
  ProveAndWakeByForce<CondAndMutex>(
      [](CondAndMutex& object) {
        object.mutex.Lock();
        object.cond.Wait();
        object.mutex.Unlock();
      },
      [](CondAndMutex& object) { object.cond.Signal(); });
}

TEST(FindLeaks, ReportsItsPauseAndItsWork) {
  muster::Run([] {
    const LeakReport report = FindLeaks();
    EXPECT_EQ(report.failure, "");
    EXPECT_GT(report.paused_ns, 0);
    EXPECT_GE(report.took_ns, report.paused_ns);
    EXPECT_GT(report.scanned_bytes, 0u);
  });
}

TEST(FindLeaks, SaysWhenItsTimeIsUp) {
  muster::Run([] {
    const LeakReport report = FindLeaks({.time_limit = absl::ZeroDuration()});
    EXPECT_NE(report.failure.find("not done after"), std::string::npos) << report.failure;
    EXPECT_TRUE(report.goroutines.empty());
  });
}

// Goroutines that talk all the time, with malloc busy on every P: never a false proof, and the
// program goes on.
TEST(FindLeaksStress, NeverAccusesTheLiving) {
  muster::Run([] {
    const uint64_t first = runtime::GoroutineId();  // those of earlier tests have lower ids
    std::atomic<bool> stop{false};
    WaitGroup busy;
    for (int i = 0; i < 8; ++i) {
      busy.Go([&stop] {
        while (!stop) {
          Chan<std::vector<int> > chan = MakeChan<std::vector<int> >();
          Go([chan] { chan.Send(std::vector<int>(100)); });
          chan.Recv();
          Mutex mutex;
          WaitGroup group;
          for (int k = 0; k < 3; ++k) {
            group.Go([&] { std::scoped_lock lock(mutex); });
          }
          group.Wait();
        }
      });
    }
    for (int i = 0; i < 30; ++i) {
      const LeakReport report = FindLeaks();
      EXPECT_EQ(report.failure, "");
      for (const uint64_t id : report.goroutines) {
        EXPECT_TRUE(id < first) << "goroutine " << id;
      }
      for (const uint64_t id : report.deadlocked) {
        EXPECT_TRUE(id < first) << "goroutine " << id;
      }
    }
    stop = true;
    busy.Wait();
  });
}
#endif

}  // namespace
}  // namespace muster
