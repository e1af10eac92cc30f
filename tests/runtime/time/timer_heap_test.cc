// The heap by itself: the test's own thread fires what is due, at times that it makes up.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "runtime/sched/park.h"
#include "runtime/time/timer.h"

namespace muster::sched {
namespace {

// So far ahead that the scheduler never fires them by itself.
constexpr int64_t kFar = int64_t{1} << 60;

class TimerHeapTest : public ::testing::Test {
 protected:
  struct Recorder {
    Timer timer;
    TimerHeapTest* test = nullptr;
    int number = 0;
    int drops = 0;
    bool can_wake = true;
    bool abandoned = false;
  };

  static Recorder* Of(const Timer* timer) { return static_cast<Recorder*>(timer->arg); }

  Recorder* Add(int64_t when_ns, int64_t period_ns = 0) {
    auto recorder = std::make_unique<Recorder>();
    recorder->test = this;
    recorder->number = static_cast<int>(recorders_.size());
    Timer& timer = recorder->timer;
    timer.arg = recorder.get();
    timer.when_ns = when_ns;
    timer.period_ns = period_ns;
    timer.fire = [](Timer* fired, int64_t) {
      Of(fired)->test->fired_.push_back(Of(fired)->number);
    };
    timer.drop = [](Timer* dropped) { ++Of(dropped)->drops; };
    timer.can_wake = [](const Timer* asked) { return Of(asked)->can_wake; };
    timer.abandoned = [](const Timer* asked) { return Of(asked)->abandoned; };
    recorders_.push_back(std::move(recorder));
    StartTimer(&timer);
    return recorders_.back().get();
  }

  // Timers that earlier tests of the process have left behind are none of ours.
  void SetUp() override {
    heap().RunExpired(kFar - 1);
    ASSERT_EQ(heap().Size(), 0u);
  }
  void TearDown() override {
    for (const auto& recorder : recorders_) StopTimer(&recorder->timer);
  }

  // A foreign thread always gets the same heap.
  TimerHeap& heap() { return *CurrentTimerHeap(); }
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::vector<int> fired_;
};

TEST_F(TimerHeapTest, FiresInOrderOfTime) {
  std::mt19937 random(7);
  std::vector<int64_t> whens;
  for (int i = 0; i < 1000; ++i) {
    whens.push_back(kFar + static_cast<int64_t>(random() % 100'000));
    Add(whens.back());
  }
  EXPECT_EQ(heap().NextWhen(), *std::min_element(whens.begin(), whens.end()));
  EXPECT_EQ(heap().RunExpired(kFar + 100'000), 1000);
  ASSERT_EQ(fired_.size(), 1000u);
  for (size_t i = 1; i < fired_.size(); ++i) {
    EXPECT_LE(whens[static_cast<size_t>(fired_[i - 1])], whens[static_cast<size_t>(fired_[i])]);
  }
}

TEST_F(TimerHeapTest, FiresOnlyWhatIsDue) {
  Add(kFar + 10);
  Add(kFar + 20);
  EXPECT_EQ(heap().RunExpired(kFar + 9), 0);
  EXPECT_EQ(heap().RunExpired(kFar + 10), 1);
  EXPECT_EQ(fired_, (std::vector<int>{0}));
  EXPECT_EQ(heap().NextWhen(), kFar + 20);
}

TEST_F(TimerHeapTest, StopTakesOutFromAnywhere) {
  std::mt19937 random(11);
  std::vector<Recorder*> stopped;
  for (int i = 0; i < 500; ++i) {
    Recorder* recorder = Add(kFar + static_cast<int64_t>(random() % 1000));
    if (i % 3 == 0) stopped.push_back(recorder);
  }
  std::shuffle(stopped.begin(), stopped.end(), random);
  for (Recorder* recorder : stopped) EXPECT_TRUE(StopTimer(&recorder->timer));
  EXPECT_FALSE(StopTimer(&stopped.front()->timer));
  EXPECT_EQ(heap().RunExpired(kFar + 1000), 500 - static_cast<int>(stopped.size()));
  for (int number : fired_) EXPECT_NE(number % 3, 0);
}

TEST_F(TimerHeapTest, StopAfterFiringSaysFalse) {
  Recorder* recorder = Add(kFar);
  heap().RunExpired(kFar);
  EXPECT_FALSE(StopTimer(&recorder->timer));
  EXPECT_EQ(recorder->drops, 1);
}

TEST_F(TimerHeapTest, ResetMovesBothWays) {
  Recorder* a = Add(kFar + 10);
  Recorder* b = Add(kFar + 20);
  EXPECT_TRUE(ResetTimer(&a->timer, kFar + 30, 0));
  EXPECT_EQ(heap().NextWhen(), kFar + 20);
  EXPECT_TRUE(ResetTimer(&b->timer, kFar + 5, 0));
  EXPECT_EQ(heap().NextWhen(), kFar + 5);
  heap().RunExpired(kFar + 30);
  EXPECT_EQ(fired_, (std::vector<int>{1, 0}));
  EXPECT_FALSE(ResetTimer(&a->timer, kFar + 40, 0));
  EXPECT_EQ(heap().RunExpired(kFar + 40), 1);
}

TEST_F(TimerHeapTest, PeriodicTimersSkipWhatTheyMissed) {
  Add(kFar, 10);
  EXPECT_EQ(heap().RunExpired(kFar), 1);
  EXPECT_EQ(heap().NextWhen(), kFar + 10);
  EXPECT_EQ(heap().RunExpired(kFar + 35), 1);
  EXPECT_EQ(heap().NextWhen(), kFar + 40);
}

TEST_F(TimerHeapTest, LongPeriodsDoNotOverflow) {
  Add(kFar, kNever - 1);
  EXPECT_EQ(heap().RunExpired(kFar), 1);
  EXPECT_EQ(heap().NextWhen(), kNever);
}

TEST_F(TimerHeapTest, AsksWhetherAnyTimerCanWake) {
  Recorder* recorder = Add(kFar);
  EXPECT_TRUE(heap().AnyCanWake());
  recorder->can_wake = false;
  EXPECT_FALSE(heap().AnyCanWake());
  // One that is never due wakes nobody either.
  Add(kNever);
  EXPECT_FALSE(heap().AnyCanWake());
}

TEST_F(TimerHeapTest, SweepsAbandonedTimersWhenItHasGrown) {
  std::vector<Recorder*> abandoned;
  std::vector<Recorder*> kept;
  for (int i = 0; i < 3000; ++i) {
    Recorder* recorder = Add(kFar + i % 97);
    recorder->abandoned = i % 10 != 0;
    (recorder->abandoned ? abandoned : kept).push_back(recorder);
  }
  EXPECT_LT(heap().Size(), 2000u);
  for (Recorder* recorder : kept) EXPECT_EQ(recorder->drops, 0);
  heap().RunExpired(kFar + 97);
  for (Recorder* recorder : abandoned) EXPECT_EQ(recorder->drops, 1);
  for (Recorder* recorder : kept) EXPECT_EQ(recorder->drops, 1);
}

}  // namespace
}  // namespace muster::sched
