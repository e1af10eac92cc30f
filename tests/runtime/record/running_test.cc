// Who runs without giving way is dated; whoever gives way begins anew.
//
// The test's own thread looks, so that the goroutines may keep every P to themselves.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "absl/time/time.h"
#include "muster/blocking.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/time.h"

namespace muster {
namespace {

using record::Capture;
using record::Goroutine;
using record::State;

std::optional<Goroutine> Find(uint64_t id) {
  for (const Goroutine& g : Capture().goroutines) {
    if (g.id == id) return g;
  }
  return std::nullopt;
}

// A goroutine that runs on and on, gives way in the way of the test, and runs on and on again.
class Runner {
 public:
  template <typename GiveWay>
  explicit Runner(GiveWay give_way) {
    Go([this, give_way] {
      id_ = runtime::GoroutineId();
      SpinUntil(1);
      give_way();
      SpinUntil(2);
      phase_ = 3;
    });
    while (id_.load() == 0) runtime::Gosched();
  }
  ~Runner() {
    phase_ = 2;
    while (phase_.load() != 3) runtime::Gosched();
    while (runtime::NumGoroutine() > 0) runtime::Gosched();  // `this` is no longer used
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Waits until it is dated later than `since_ns`.
  Goroutine AwaitDateAfter(int64_t since_ns) const {
    for (;;) {
      const std::optional<Goroutine> g = Find(id_);
      if (g.has_value() && g->running_since_ns > since_ns) return *g;
    }
  }
  void LetGiveWay() { phase_ = 1; }

 private:
  __attribute__((noinline)) void SpinUntil(int phase) const {
    while (phase_.load(std::memory_order_relaxed) < phase) {
    }
  }

  std::atomic<uint64_t> id_{0};
  std::atomic<int> phase_{0};
};

// What `give_way` does has ended a run.
template <typename GiveWay>
void ExpectBeginsAnew(GiveWay give_way) {
  Runner runner(give_way);
  const int64_t first = runner.AwaitDateAfter(0).running_since_ns;
  runner.LetGiveWay();
  runner.AwaitDateAfter(first);
}

TEST(Running, IsDatedWithItsStackForWhoDoesNotGiveWay) {
  const int64_t before = Capture().monotonic_ns;
  Runner runner([] {});
  const Goroutine hog = runner.AwaitDateAfter(0);
  EXPECT_EQ(hog.state, State::kRunning);
  EXPECT_GE(hog.running_since_ns, before);
  EXPECT_FALSE(hog.stack.empty());
  // It stays the same run.
  EXPECT_EQ(runner.AwaitDateAfter(0).running_since_ns, hog.running_since_ns);
  // And becomes ever longer.
  while (Capture().monotonic_ns - hog.running_since_ns < 10'000'000) {
  }
  EXPECT_EQ(runner.AwaitDateAfter(0).running_since_ns, hog.running_since_ns);
}

TEST(Running, BeginsAnewWithAYieldInVain) {
  ExpectBeginsAnew([] { runtime::Gosched(); });
}

TEST(Running, BeginsAnewAfterAPark) {
  ExpectBeginsAnew([] { time::Sleep(absl::Microseconds(1)); });
}

TEST(Running, BeginsAnewAfterABlockingRegion) {
  ExpectBeginsAnew([] { Blocking([] {}); });
}

TEST(Running, IsNotDatedInABlockingRegion) {
  std::atomic<uint64_t> id{0};
  std::atomic<bool> dated{false}, end{false}, ended{false};
  Go([&] {
    id = runtime::GoroutineId();
    while (!dated.load()) {
    }
    Blocking([&] {
      while (!end.load()) {
      }
    });
    ended = true;
  });
  for (std::optional<Goroutine> g; !g.has_value() || g->running_since_ns == 0;) g = Find(id);
  dated = true;
  for (std::optional<Goroutine> g = Find(id); g->state != State::kSyscall; g = Find(id)) {
  }
  EXPECT_EQ(Find(id)->running_since_ns, 0);
  end = true;
  while (!ended.load()) runtime::Gosched();
}

TEST(Running, IsNotDatedBeforeAGoroutineThatHasJustStarted) {
  {
    Runner old([] {});
  }
  const int64_t before = Capture().monotonic_ns;
  // Most likely on the stack of the one that has just ended.
  Runner fresh([] {});
  EXPECT_GE(fresh.AwaitDateAfter(0).running_since_ns, before);
}

TEST(Running, IsNotDatedForWhoTakesTheCapture) {
  muster::Run([] {
    const int64_t begin = Capture().monotonic_ns;
    // Longer than the monitor's longest look.
    while (Capture().monotonic_ns - begin < 30'000'000) {
      EXPECT_EQ(Find(runtime::GoroutineId())->running_since_ns, 0);
    }
  });
}

}  // namespace
}  // namespace muster
