#include "runtime/sched/hold.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/sync.h"
#include "runtime/sched/scheduler.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::State;
using sched::G;

// A goroutine that receives from a channel until that is closed.
class Receiver {
 public:
  Receiver() : values_(MakeChan<int>()) {
    done_.Add(1);
    Go([this] {
      g_.store(sched::Self());
      while (values_.Recv()) ++received_;
      done_.Done();
    });
    while (g_.load() == nullptr) runtime::Gosched();
    WaitUntilParked();
  }
  void WaitUntilParked() {
    while (g_.load()->state.load() != State::kWaiting) runtime::Gosched();
  }
  void End() {
    values_.Close();
    done_.Wait();
  }
  G* g() { return g_.load(); }
  const Chan<int>& values() const { return values_; }
  int received() const { return received_; }

 private:
  Chan<int> values_;
  std::atomic<G*> g_{nullptr};
  int received_ = 0;
  WaitGroup done_;
};

TEST(Hold, KeepsAParkedGoroutineFromRunningUntilReleased) {
  muster::Run([] {
    Receiver receiver;
    bool sent = false;
    {
      sched::LockGuard guard(sched::HoldLock());
      sched::MarkForHold(receiver.g());
      sched::HoldBarrier();
      ASSERT_EQ(sched::ConfirmHold(receiver.g()), State::kWaiting);
      std::thread waker([&] { receiver.values().Send(1); });
      // The waker makes it runnable and waits there.
      while (receiver.g()->state.load() != State::kRunnable) std::this_thread::yield();
      const uint32_t runs = receiver.g()->runs.load();
      for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
      EXPECT_EQ(receiver.g()->runs.load(), runs);
      sched::ReleaseHold(receiver.g());
      waker.join();
      sent = true;
    }
    EXPECT_TRUE(sent);
    receiver.End();
    EXPECT_EQ(receiver.received(), 1);
  });
}

TEST(Hold, IsRefusedForOneThatRunsAndLeavesNoMark) {
  muster::Run([] {
    sched::LockGuard guard(sched::HoldLock());
    G* const self = sched::Self();
    sched::MarkForHold(self);
    sched::HoldBarrier();
    EXPECT_EQ(sched::ConfirmHold(self), State::kDead);
    EXPECT_FALSE(self->held_back.load());
  });
}

TEST(Glimpse, SeesAParkedGoroutineUndisturbed) {
  muster::Run([] {
    Receiver receiver;
    const sched::Glimpse glimpse(receiver.g());
    EXPECT_EQ(glimpse.state(), State::kWaiting);
    EXPECT_TRUE(glimpse.Undisturbed());
    receiver.End();
  });
}

TEST(Glimpse, NoticesThatTheGoroutineHasRunInBetween) {
  muster::Run([] {
    Receiver receiver;
    const sched::Glimpse glimpse(receiver.g());
    receiver.values().Send(1);
    receiver.WaitUntilParked();  // parked again, in the same place
    EXPECT_FALSE(glimpse.Undisturbed());
    receiver.End();
  });
}

TEST(Glimpse, SeesNothingOfOneThatRuns) {
  muster::Run([] { EXPECT_EQ(sched::Glimpse(sched::Self()).state(), State::kDead); });
}

// Holders, wakers and runners at once: a wake-up that got lost would leave this without an end, and
// one that ran while held would be seen.
TEST(HoldStress, NobodyRunsWhileHeldAndNobodyIsLost) {
  muster::Run([] {
    constexpr int kPairs = 8;
    constexpr int64_t kHolds = 2'000;
    std::atomic<G*> gs[kPairs] = {};
    std::atomic<bool> end{false};
    WaitGroup all;
    for (int i = 0; i < kPairs; ++i) {
      all.Add(2);
      const Chan<int> chan = MakeChan<int>();
      Go([&, i, chan] {
        gs[i].store(sched::Self());
        while (chan.Recv()) {
        }
        gs[i].store(nullptr);
        all.Done();
      });
      Go([&, chan] {
        while (!end.load()) chan.Send(1);
        chan.Close();
        all.Done();
      });
    }
    int64_t ran_while_held = 0, held = 0;
    std::thread holder([&] {
      while (held < kHolds) {
        sched::LockGuard guard(sched::HoldLock());
        G* marked[kPairs];
        int count = 0;
        for (auto& g : gs) {
          if (G* candidate = g.load()) sched::MarkForHold(marked[count++] = candidate);
        }
        sched::HoldBarrier();
        for (int i = 0; i < count; ++i) {
          if (sched::ConfirmHold(marked[i]) == State::kDead) continue;
          const uint32_t runs = marked[i]->runs.load();
          for (int look = 0; look < 100; ++look) {
            if (marked[i]->runs.load() != runs) ++ran_while_held;
          }
          ++held;
          sched::ReleaseHold(marked[i]);
        }
      }
      end.store(true);
    });
    all.Wait();
    holder.join();
    EXPECT_EQ(ran_while_held, 0);
  });
}

}  // namespace
}  // namespace muster
