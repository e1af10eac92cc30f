// Deep stacks shrink, and nobody notices.
//
// The monitor scavenges too, at its own pace, while these tests run. So they say what has been
// given back after so many rounds, never what has not been yet: shrink_policy_test.cc does that.
#include "runtime/stack/scavenger.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "tests/runtime/stack/deep_stack.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::GoDeep;
using testing::ResidentPages;
using testing::UnderFrames;

constexpr int kDeep = 40;
constexpr int kFrames = 20;
// Under kFrames frames of the sanitizers' size, and with those that park.
constexpr int kShallow = 5;

// As many as it takes for a stack that is not used meanwhile.
void TwoRounds(stack::Residency::Way way = stack::Residency::Way::kPagemapScan) {
  stack::ScavengeRound(way);
  stack::ScavengeRound(way);
}

// A goroutine that goes deep, and then waits under kFrames frames until it is told to go on.
class Diver {
 public:
  Diver() {
    Go([this] {
      g_ = sched::Self();
      intact_ = UnderFrames(kFrames, [this] {
        GoDeep(kDeep);
        gate_.Recv();
        deepened_ = ResidentPages(g_);
        GoDeep(kDeep);
        gate_.Recv();
      });
      done_.Close();
    });
    WaitUntilParked();
  }
  void WaitUntilParked() const {
    testing::WaitUntilParkedOn(gate_.ref().get(), WaitReason::kChanReceive);
  }
  void GoOn() const { gate_.Send(1); }
  // How many frames found their locals intact.
  int End() {
    gate_.Close();
    done_.Recv();
    return intact_;
  }
  int pages() const { return ResidentPages(g_); }
  // When it had gone on and not yet deep.
  int pages_before_second_dive() const { return deepened_; }
  const sched::G* g() const { return g_; }

 private:
  const Chan<int> gate_ = MakeChan<int>();
  const Chan<int> done_ = MakeChan<int>();
  std::atomic<const sched::G*> g_{nullptr};
  int intact_ = 0;
  int deepened_ = 0;
};

class ScavengerWays : public ::testing::TestWithParam<stack::Residency::Way> {};

TEST_P(ScavengerWays, ShrinkAParkedStackAndLeaveItsFramesIntact) {
  muster::Run([] {
    Diver diver;
    const uint64_t before = stack::PagesGivenBack();
    TwoRounds(GetParam());
    EXPECT_LE(diver.pages(), kShallow);
    EXPECT_GE(stack::PagesGivenBack() - before, kDeep - kShallow);
    diver.GoOn();
    diver.WaitUntilParked();
    EXPECT_LE(diver.pages_before_second_dive(), kShallow);
    EXPECT_GE(diver.pages(), kDeep);
    TwoRounds(GetParam());
    EXPECT_LE(diver.pages(), kShallow);
    EXPECT_EQ(diver.End(), kFrames);
  });
}

INSTANTIATE_TEST_SUITE_P(All, ScavengerWays,
                         ::testing::Values(stack::Residency::Way::kPagemapScan,
                                           stack::Residency::Way::kMincore),
                         [](const auto& way) {
                           return way.param == stack::Residency::Way::kMincore
                                      ? std::string("Mincore")
                                      : std::string("PagemapScan");
                         });

TEST(Scavenger, ShrinksDeadStacks) {
  muster::Run([] {
    constexpr int kGoroutines = 20;
    std::vector<const sched::G*> slots(kGoroutines);
    WaitGroup done;
    done.Add(kGoroutines);
    auto gate = MakeChan<int>();
    for (int i = 0; i < kGoroutines; ++i) {
      Go([&slots, &done, gate, i] {
        slots[static_cast<size_t>(i)] = sched::Self();
        GoDeep(kDeep);
        done.Done();
        gate.Recv();  // so that each has a slot of its own
      });
    }
    done.Wait();
    gate.Close();
    while (runtime::NumGoroutine() > 1) runtime::Gosched();
    TwoRounds();
    for (const sched::G* g : slots) {
      EXPECT_LE(ResidentPages(g), tsan::kEnabled ? 2 : 1);  // the control block and what is below
    }
  });
}

TEST(Scavenger, LeavesAClosureAloneThatIsBeingPutOnADeadStack) {
  muster::Run([] {
    // As large as it may be without going to the heap.
    struct Closure {
      std::array<unsigned char, internal::kMaxClosureOnStack - sizeof(void*)> bytes;
      std::atomic<int>* wrong;
      void operator()() const {
        for (size_t i = 0; i < bytes.size(); ++i) {
          if (bytes[i] != i % 251) wrong->fetch_add(1);
        }
        GoDeep(4);
      }
    };
    static_assert(sizeof(Closure) == internal::kMaxClosureOnStack);
    std::atomic<int> wrong{0};
    std::atomic<bool> stop{false};
    std::thread scavenger([&stop] {
      while (!stop.load()) stack::ScavengeRound();
    });
    Closure closure;
    closure.wrong = &wrong;
    for (size_t i = 0; i < closure.bytes.size(); ++i) {
      closure.bytes[i] = static_cast<unsigned char>(i % 251);
    }
    for (int i = 0; i < 2000; ++i) {
      Go(closure);
      if (i % 8 == 0) runtime::Gosched();
    }
    while (runtime::NumGoroutine() > 1) runtime::Gosched();
    stop = true;
    scavenger.join();
    EXPECT_EQ(wrong.load(), 0);
  });
}

#if !defined(MUSTER_SANITIZED)
__attribute__((noinline)) int Recurse(int n) {
  volatile char frame[512];
  frame[0] = static_cast<char>(n);
  if (n < 0) return 0;
  return Recurse(n + 1) + frame[0];
}

TEST(ScavengerDeath, LeavesTheGuardInPlace) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(muster::Run([] {
                auto gate = MakeChan<int>();
                const sched::G* diver = nullptr;
                Go([&diver, gate] {
                  diver = sched::Self();
                  GoDeep(60);
                  gate.Recv();
                  Recurse(0);
                });
                testing::WaitUntilParkedOn(gate.ref().get(), WaitReason::kChanReceive);
                TwoRounds();
                if (ResidentPages(diver) > kShallow) std::abort();
                gate.Close();
                MakeChan<int>().Recv();
              }),
              ::testing::ExitedWithCode(2),
              "goroutine stack exceeds 262144-byte limit(.|\n)*fatal error: stack overflow");
}
#endif

// No round is asked for: the monitor sees to it, while the process does next to nothing,
TEST(Scavenger, ComesByItself) {
  muster::Run([] {
    Diver diver;
    while (diver.pages() > kShallow) time::Sleep(absl::Milliseconds(20));
    EXPECT_EQ(diver.End(), kFrames);
  });
}

// and while it does nothing at all.
TEST(Scavenger, ComesByItselfWhenAllIsIdle) {
  Diver diver;
  while (diver.pages() > kShallow) usleep(20'000);
  EXPECT_EQ(diver.End(), kFrames);
}

TEST(ScavengerStress, DisturbsNeitherGoroutinesNorCaptures) {
  constexpr int kGoroutines = 50;
  constexpr int kRounds = tsan::kEnabled ? 20 : 100;
  std::atomic<bool> stop{false};
  std::thread scavenger([&stop] {
    while (!stop.load()) stack::ScavengeRound();
  });
  std::thread captures([&stop] {
    while (!stop.load()) record::Capture();
  });
  muster::Run([] {
    std::atomic<int> intact{0};
    WaitGroup done;
    done.Add(kGoroutines);
    auto baton = MakeChan<int>();
    for (int i = 0; i < kGoroutines; ++i) {
      Go([&, baton, i] {
        for (int round = 0; round < kRounds; ++round) {
          intact += UnderFrames(1 + round % kFrames, [&] {
            GoDeep(1 + (i + round) % kDeep);
            if (i % 2 == 0) {
              baton.Send(i);
            } else {
              baton.Recv();
            }
          });
        }
        done.Done();
      });
    }
    done.Wait();
    int expected = 0;
    for (int round = 0; round < kRounds; ++round) expected += 1 + round % kFrames;
    EXPECT_EQ(intact.load(), kGoroutines * expected);
  });
  stop = true;
  scavenger.join();
  captures.join();
}

}  // namespace
}  // namespace muster
