// Go and Run: what starts, what it is given, what is left.
#include "muster/go.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "muster/chan.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

void WaitUntilAlone() {
  while (runtime::NumGoroutine() > 1) runtime::Gosched();
}

TEST(Run, GivesBackWhatMainReturns) {
  EXPECT_EQ(muster::Run([] { return std::string("result"); }), "result");
}

TEST(Run, GivesBackMoveOnlyValues) {
  EXPECT_EQ(*muster::Run([] { return std::make_unique<int>(7); }), 7);
}

TEST(Run, DoesNotWaitForOtherGoroutines) {
  auto gate = MakeChan<int>();
  muster::Run([&] { Go([gate] { gate.Recv(); }); });
  gate.Close();
  muster::Run([] { WaitUntilAlone(); });
}

TEST(Run, ReturnsOnceItsGoroutineIsGone) {
  for (int i = 0; i < 100; ++i) {
    muster::Run([] {});
    ASSERT_EQ(runtime::NumGoroutine(), 0);
  }
}

TEST(Run, InAGoroutinePanics) {
  muster::Run([] { EXPECT_THROW(muster::Run([] {}), Panic); });
}

TEST(Go, PassesArgumentsByValue) {
  muster::Run([] {
    auto done = MakeChan<std::string>();
    std::string text = "before";
    Go([done](std::string copy, int number) { done.Send(copy + std::to_string(number)); }, text, 5);
    text = "after";
    EXPECT_EQ(done.Recv(), "before5");
  });
}

TEST(Go, MovesMoveOnlyArguments) {
  muster::Run([] {
    auto done = MakeChan<int>();
    Go([done](std::unique_ptr<int> owned) { done.Send(*owned); }, std::make_unique<int>(3));
    EXPECT_EQ(done.Recv(), 3);
  });
}

TEST(Go, CallsMemberFunctions) {
  struct Counter {
    std::atomic<int> count{0};
    void Add(int n) { count += n; }
  } counter;
  muster::Run([&] {
    Go(&Counter::Add, &counter, 4);
    WaitUntilAlone();
  });
  EXPECT_EQ(counter.count, 4);
}

TEST(Go, PutsLargeClosuresOnTheHeap) {
  muster::Run([] {
    std::array<int, 4096> large{};
    large[4095] = 9;
    auto done = MakeChan<int>();
    Go([large, done] { done.Send(large[4095]); });
    EXPECT_EQ(done.Recv(), 9);
  });
}

TEST(Go, KeepsTheClosuresAlignment) {
  struct alignas(64) Aligned {
    char data[64] = {};
  };
  muster::Run([] {
    auto done = MakeChan<uintptr_t>();
    Aligned aligned;
    Go([aligned, done] { done.Send(reinterpret_cast<uintptr_t>(&aligned) % 64); });
    EXPECT_EQ(done.Recv(), 0u);
  });
}

TEST(Go, DestroysTheClosureWhenTheGoroutineEnds) {
  auto shared = std::make_shared<int>(1);
  muster::Run([&] {
    Go([shared] { runtime::Gosched(); });
    WaitUntilAlone();
  });
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Go, DestroysTheClosureOnGoexit) {
  auto shared = std::make_shared<int>(1);
  muster::Run([&] {
    Go([shared] { runtime::Goexit(); });
    WaitUntilAlone();
  });
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Go, AThrowingClosureCopyStartsNothing) {
  struct ThrowsOnCopy {
    ThrowsOnCopy() = default;
    ThrowsOnCopy(const ThrowsOnCopy&) { throw std::runtime_error("copy"); }
    void operator()() const {}
  };
  muster::Run([] {
    ThrowsOnCopy thrower;
    const int64_t before = runtime::NumGoroutine();
    EXPECT_THROW(Go(thrower), std::runtime_error);
    EXPECT_EQ(runtime::NumGoroutine(), before);
  });
}

TEST(Go, WorksFromAForeignThread) {
  std::atomic<int> ran{0};
  std::thread([&] {
    for (int i = 0; i < 100; ++i) Go([&] { ++ran; });
  }).join();
  muster::Run([] { WaitUntilAlone(); });
  EXPECT_EQ(ran, 100);
}

TEST(Goroutines, HaveUniqueIds) {
  muster::Run([] {
    auto ids = MakeChan<uint64_t>(64);
    for (int i = 0; i < 1000; ++i) Go([ids] { ids.Send(runtime::GoroutineId()); });
    std::set<uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(*ids.Recv());
    EXPECT_EQ(seen.size(), 1000u);
  });
}

TEST(Goroutines, AreCountedUntilTheyEnd) {
  muster::Run([] {
    WaitUntilAlone();
    auto gate = MakeChan<int>();
    for (int i = 0; i < 50; ++i) Go([gate] { gate.Recv(); });
    EXPECT_EQ(runtime::NumGoroutine(), 51);
    gate.Close();
    WaitUntilAlone();
    EXPECT_EQ(runtime::NumGoroutine(), 1);
  });
}

TEST(Goroutines, ForeignThreadsHaveNoGoroutineId) { EXPECT_EQ(runtime::GoroutineId(), 0u); }

TEST(Gosched, LetsTheOtherRun) {
  muster::Run([] {
    std::atomic<bool> ran{false};
    Go([&] { ran = true; });
    while (!ran) runtime::Gosched();
  });
}

// Nothing preempts a goroutine, but each operation of a primitive is a point where its slice may
// end.
TEST(TimeSlice, EndsInALoopThatOnlyLocks) {
  muster::Run([] {
    std::atomic<bool> stop{false};
    Mutex mu;
    WaitGroup busy;
    for (int i = 0; i < runtime::GOMAXPROCS(); ++i) {
      busy.Add(1);
      Go([&] {
        while (!stop) {
          mu.Lock();
          mu.Unlock();
        }
        busy.Done();
      });
    }
    Go([&] { stop = true; });
    busy.Wait();
  });
}

TEST(ManyGoroutines, SpawnInATree) {
  muster::Run([] {
    WaitGroup all;
    std::atomic<int> leaves{0};
    struct Tree {
      static void Grow(int depth, WaitGroup* wg, std::atomic<int>* count) {
        if (depth == 0) {
          ++*count;
        } else {
          for (int i = 0; i < 4; ++i) {
            wg->Add(1);
            Go(&Tree::Grow, depth - 1, wg, count);
          }
        }
        wg->Done();
      }
    };
    all.Add(1);
    Go(&Tree::Grow, 6, &all, &leaves);
    all.Wait();
    EXPECT_EQ(leaves, 4096);
  });
}

}  // namespace
}  // namespace muster
