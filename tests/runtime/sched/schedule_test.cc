// Schedules: that strategies find what they are meant to find, and that what was found comes again.
#include "runtime/sched/schedule.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"

namespace muster {
namespace {

using sched::g_schedule;
using sched::ParseSchedule;
using sched::SchedulePlan;

// Before the runtime starts, which reads it.
const bool g_asked = setenv("MUSTER_SCHEDULE", "random", 1) == 0;

SchedulePlan Plan(const std::string& text) {
  SchedulePlan plan;
  EXPECT_TRUE(ParseSchedule(text, &plan)) << text;
  return plan;
}

// Until the goroutines of the last schedule have not only done their part, but ended.
void Settle() {
  while (runtime::NumGoroutine() > 1) runtime::Gosched();
}

void Begin(const SchedulePlan& plan, uint64_t seed) {
  Settle();
  g_schedule->Begin(plan, seed);
}

bool NextByDepth() {
  Settle();
  return g_schedule->NextByDepth();
}

// An operation on a primitive, which is where a schedule can interfere.
void Step() {
  static Mutex* const mutex = new Mutex;
  mutex->Lock();
  mutex->Unlock();
}

// A bug of depth three. It shows only if A stops in its short window while B takes many steps, and
// then B in its own while A does.
bool DeepBugShows() {
  constexpr int kWindow = 1;
  constexpr int kLong = 4;
  std::atomic<int> x{0};
  std::atomic<int> y{0};
  bool found = false;
  const auto steps = [](int count) {
    for (int i = 0; i < count; ++i) Step();
  };
  WaitGroup both;
  both.Go([&] {
    x = 1;
    steps(kWindow);
    x = 2;
    steps(kLong);
    found = y == 1;
  });
  both.Go([&] {
    steps(kLong);
    if (x != 1) return;
    y = 1;
    steps(kWindow);
    y = 2;
  });
  both.Wait();
  return found;
}

// How many schedules it takes until the bug shows.
int RunsUntilFound(const SchedulePlan& plan, uint64_t first_seed) {
  for (int run = 0;; ++run) {
    Begin(plan, first_seed + static_cast<uint64_t>(run));
    if (DeepBugShows()) return run + 1;
  }
}

int MedianRuns(const SchedulePlan& plan) {
  std::vector<int> runs;
  for (uint64_t trial = 0; trial < 20; ++trial) {
    runs.push_back(RunsUntilFound(plan, 1 + trial * 1'000'000));
  }
  std::sort(runs.begin(), runs.end());
  return runs[runs.size() / 2];
}

// Two goroutines that each read, step, and write back: one update may be lost.
int LostUpdate() {
  std::atomic<int> counter{0};
  WaitGroup both;
  for (int i = 0; i < 2; ++i) {
    both.Go([&counter] {
      const int seen = counter;
      Step();
      counter = seen + 1;
    });
  }
  both.Wait();
  return counter;
}

// What happened, in that order. Atomics: goroutines that nothing but the schedule orders write it.
class Life {
 public:
  void Note(char what, int number) { events_[count_.fetch_add(1)] = what * 1000 + number; }
  std::string Text() const {
    std::string text;
    for (size_t i = 0; i < count_; ++i) {
      text += static_cast<char>(events_[i] / 1000) + std::to_string(events_[i] % 1000) + " ";
    }
    return text;
  }

 private:
  std::atomic<size_t> count_{0};
  std::array<std::atomic<int>, 1000> events_{};
};

// What a program with everything in it that a schedule decides does: a text of who did what when.
std::string BusyLife() {
  Life life;
  Chan<int> chan = MakeChan<int>(1);
  Chan<int> other = MakeChan<int>();
  Mutex mutex;
  WaitGroup all;
  for (int i = 0; i < 3; ++i) {
    all.Go([&, i] {
      for (int k = 0; k < 4; ++k) {
        chan.Send(10 * i + k);
        if (k == 2) time::Sleep(absl::Milliseconds(10 * (i + 1)));
        mutex.Lock();
        life.Note('l', i);
        mutex.Unlock();
        runtime::Gosched();
      }
    });
    all.Go([&, i] {
      for (int k = 0; k < 2; ++k) other.Send(100 + i);
    });
  }
  int received = 0;
  time::Ticker ticker = time::NewTicker(absl::Milliseconds(7));
  while (received < 18) {
    Select(OnRecv(chan,
                  [&](std::optional<int> value) {
                    life.Note('c', *value);
                    ++received;
                  }),
           OnRecv(other,
                  [&](std::optional<int> value) {
                    life.Note('o', *value);
                    ++received;
                  }),
           OnRecv(ticker.C(), [&] { life.Note('t', 0); }));
  }
  ticker.Stop();
  all.Wait();
  return life.Text();
}

TEST(ScheduleText, IsReadOrRefused) {
  SchedulePlan plan;
  EXPECT_TRUE(ParseSchedule("random", &plan));
  EXPECT_TRUE(ParseSchedule("pct:3", &plan));
  EXPECT_EQ(plan.bound, 3u);
  EXPECT_EQ(plan.length, 30u);
  EXPECT_TRUE(ParseSchedule("pct:2:40", &plan));
  EXPECT_EQ(plan.length, 40u);
  EXPECT_TRUE(ParseSchedule("dfs:0", &plan));
  EXPECT_TRUE(ParseSchedule("replay:", &plan));
  EXPECT_TRUE(ParseSchedule("replay:0.12.3", &plan));
  EXPECT_EQ(plan.decisions, (std::vector<uint32_t>{0, 12, 3}));
  EXPECT_TRUE(ParseSchedule("replay:0*3.2.1*2", &plan));
  EXPECT_EQ(plan.decisions, (std::vector<uint32_t>{0, 0, 0, 2, 1, 1}));
  for (const char* bad : {"", "rand", "random:1", "pct", "pct:0", "pct:x", "pct:1:0", "dfs",
                          "dfs:-1", "replay", "replay:1,2", "replay:1*", "replay:*2"}) {
    EXPECT_FALSE(ParseSchedule(bad, &plan)) << bad;
  }
}

TEST(ScheduleRandom, GivesTheSameInterleavingForTheSameSeed) {
  muster::Run([] {
    std::set<std::string> lives;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      Begin(Plan("random"), seed);
      const std::string life = BusyLife();
      Begin(Plan("random"), seed);
      EXPECT_EQ(BusyLife(), life) << seed;
      lives.insert(life);
    }
    EXPECT_GT(lives.size(), 45u);  // and another one for another seed
  });
}

TEST(ScheduleReplay, RepeatsEveryScheduleFromItsTrace) {
  muster::Run([] {
    for (const char* strategy : {"random", "pct:3:200"}) {
      for (uint64_t seed = 1; seed <= 50; ++seed) {
        Begin(Plan(strategy), seed);
        const std::string life = BusyLife();
        const std::string trace = g_schedule->TraceText();
        Begin(Plan("replay:" + trace), seed);
        EXPECT_EQ(BusyLife(), life) << strategy << " " << seed;
        EXPECT_EQ(g_schedule->TraceText(), trace);
      }
    }
  });
}

// What the file says, as the text of a trace.
std::string TraceIn(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[8];
  uint64_t count = 0;
  file.read(magic, sizeof(magic));
  file.read(reinterpret_cast<char*>(&count), sizeof(count));
  std::string text(magic, sizeof(magic));
  for (uint64_t i = 0; i < count; ++i) {
    uint32_t record[2];
    file.read(reinterpret_cast<char*>(record), sizeof(record));
    text += (record[0] & sched::ScheduleTrace::kPreemptiveBit) != 0 ? " p" : " ";
    text += std::to_string(record[0] & ~sched::ScheduleTrace::kPreemptiveBit) + ":" +
            std::to_string(record[1]);
  }
  return text;
}

TEST(ScheduleTraceFile, HoldsTheDecisionsWhileTheyAreMade) {
  const std::string path = ::testing::TempDir() + "schedule_trace_" + std::to_string(getpid());
  sched::ScheduleTrace trace;
  EXPECT_FALSE(trace.Open("/no/such/directory/trace"));
  EXPECT_FALSE(trace.IsOpen());
  ASSERT_TRUE(trace.Open(path.c_str()));
  trace.Add(3, true, 2);
  trace.Add(2, false, 0);
  EXPECT_EQ(TraceIn(path), "mstrace1 p3:2 2:0");
  trace.Clear();
  trace.Add(4, false, 1);
  EXPECT_EQ(TraceIn(path), "mstrace1 4:1");
  unlink(path.c_str());
}

TEST(ScheduleReplay, ShowsABugAgainAHundredTimes) {
  muster::Run([] {
    const int runs = RunsUntilFound(Plan("pct:3:40"), 1);
    const auto seed = static_cast<uint64_t>(runs);
    const std::string trace = g_schedule->TraceText();
    for (int i = 0; i < 100; ++i) {
      Begin(Plan("replay:" + trace), seed);
      EXPECT_TRUE(DeepBugShows());
    }
  });
}

TEST(ScheduleClock, MovesOnlyWhenNothingCanRun) {
  muster::Run([] {
    Begin(Plan("random"), 1);
    const absl::Time begin = time::Now();
    for (int i = 0; i < 100; ++i) Step();
    EXPECT_EQ(time::Now(), begin);
    time::Sleep(absl::Hours(1000));
    EXPECT_EQ(time::Since(begin), absl::Hours(1000));
  });
}

TEST(ScheduleClock, MovesForWhoWaitsByYielding) {
  muster::Run([] {
    Begin(Plan("random"), 1);
    time::Timer timer = time::NewTimer(absl::Hours(1));
    WaitGroup both;
    for (int i = 0; i < 2; ++i) {
      both.Go([&] {
        while (timer.C().Len() == 0) runtime::Gosched();
      });
    }
    both.Wait();
    EXPECT_EQ(timer.C().Len(), 1u);
  });
}

TEST(SchedulePct, FindsADeepBugInATenthOfTheRuns) {
  muster::Run([] {
    const int random = MedianRuns(Plan("random"));
    const int pct = MedianRuns(Plan("pct:3:40"));
    std::printf("median of 20 trials: random %d runs, pct:3 %d runs\n", random, pct);
    EXPECT_LE(pct * 10, random);
  });
}

TEST(ScheduleDfs, FindsWhatTakesOnePreemptionAndEnds) {
  muster::Run([] {
    Begin(Plan("dfs:1"), 1);
    int schedules = 0;
    std::set<int> results;
    do {
      ++schedules;
      results.insert(LostUpdate());
    } while (NextByDepth());
    EXPECT_EQ(results, (std::set<int>{1, 2}));
    EXPECT_GT(schedules, 2);
    std::printf("%d schedules with at most one preemption\n", schedules);
  });
}

TEST(ScheduleDfs, MissesItWithoutPreemptions) {
  muster::Run([] {
    Begin(Plan("dfs:0"), 1);
    std::set<int> results;
    do {
      results.insert(LostUpdate());
    } while (NextByDepth());
    EXPECT_EQ(results, (std::set<int>{2}));
  });
}

TEST(ScheduleDfs, TriesNoScheduleTwice) {
  muster::Run([] {
    Begin(Plan("dfs:2"), 1);
    std::set<std::string> traces;
    int schedules = 0;
    do {
      LostUpdate();
      Settle();  // what is decided there belongs to the trace
      ++schedules;
      traces.insert(g_schedule->TraceText());
    } while (NextByDepth());
    EXPECT_EQ(traces.size(), static_cast<size_t>(schedules));
  });
}

}  // namespace
}  // namespace muster
