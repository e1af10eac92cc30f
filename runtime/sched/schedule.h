// Schedule: which goroutine runs next, decided one at a time by a strategy (MUSTER_SCHEDULE).
//
// With a schedule there is one P, and time passes only when nothing can run: so the same seed gives
// the same interleaving, whatever the machine does meanwhile. The P's queues then only bring
// goroutines here. A *decision* is made where more than one of them could go on: at every operation
// on a primitive (the one that runs, or one that is ready), and whenever the one that ran has
// parked or ended. All decisions together are the schedule's *trace*; replaying them, with the same
// seed, is the same schedule. What OS threads outside of the runtime do is not under its control.
//
//   random     each of those that could go on is equally likely
//   pct:D:K    priorities drawn at random, and D-1 moments among the first K decisions at which the
//              running goroutine falls below all others (Burckhardt et al., "A Randomized Scheduler
//              with Probabilistic Guarantees of Finding Bugs", 2010): finds a bug of depth D in n
//              goroutines with a chance of at least 1/(n K^(D-1)). K should be how many decisions
//              the program makes that could be preemptions, which muster-stress counts; without it,
//              it is 30. Nine in ten of the 82 kernels of testdata/goker make no more, and a
//              planted bug of depth three takes a median of 109 runs with it, 2,132 with 100, 6,923
//              with 200 (random: 5,722)
//   dfs:B      every schedule with at most B preemptions, one after the other
//   replay:T   the decisions of T ("0.2.1", or "0*12.1" for twelve times 0), then the one that
//   runs,
//              else the first
//
// Touched by the owner of the one P only.
#ifndef MUSTER_SCHED_SCHEDULE_H_
#define MUSTER_SCHED_SCHEDULE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/schedule_trace.h"

namespace muster::sched {

struct G;
struct P;

enum class Strategy : uint8_t { kNone, kRandom, kPct, kDepthFirst, kReplay };

struct SchedulePlan {
  Strategy strategy = Strategy::kNone;
  uint32_t bound = 0;               // pct: the depth D; dfs: the most preemptions
  uint32_t length = 30;             // pct: K
  std::vector<uint32_t> decisions;  // replay
};

// Reads "pct:3", "replay:0.2.1" and so on; false for what is none of these.
bool ParseSchedule(absl::string_view text, SchedulePlan* plan);

struct Decision {
  uint32_t options = 0;
  uint32_t chosen = 0;
  bool preemptive = false;  // all but the first option would be a preemption
};

class Schedule {
 public:
  // From now on keeps the trace in a file, too.
  bool KeepTraceIn(const char* path) { return file_.Open(path); }
  // Begins anew. For a plan by depth first that is the first of its schedules.
  void Begin(const SchedulePlan& plan, uint64_t seed);
  // Goes on to the next schedule by depth first; false when there is none left.
  bool NextByDepth();

  void Add(G* g) { ready_.push_back(g); }
  bool Empty() const { return ready_.empty(); }
  // Takes out the one that runs next; nullptr when none is ready.
  G* Take();
  // Whether `running` has to give way now; Take then gives the one it has to give way to.
  bool Preempts(G* running);
  // `g` gives way of its own accord: it waits for others. True if it may wait for time to pass,
  // since nobody else is ready, or there have been many yields already: then TimeIsUp says so once.
  bool Yields(G* g);
  bool TimeIsUp() { return std::exchange(time_is_up_, false); }

  // A stream of random numbers for all else that draws some (select).
  uint32_t Random();

  const std::vector<Decision>& trace() const { return trace_; }
  // As replay takes it: equal decisions in a row as one, and none of those that it takes anyway.
  std::string TraceText() const;

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;

  uint32_t Decide(uint32_t options, bool preemptive, G* running);
  uint32_t ByPriority(G* running);
  void EnsurePriority(G* g);
  uint32_t Draw(uint32_t limit);

  SchedulePlan plan_;
  uint64_t seed_ = 0;
  std::vector<G*> ready_;      // in the order in which they became so
  uint32_t chosen_ = kNobody;  // what Preempts has decided
  std::vector<Decision> trace_;
  ScheduleTrace file_;
  uint64_t strategy_random_ = 1;
  uint64_t other_random_ = 1;
  // pct
  uint64_t generation_ = 0;
  std::vector<uint32_t> change_points_;
  int64_t lowest_ = 0;
  uint64_t points_ = 0;
  uint64_t yields_ = 0;
  bool time_is_up_ = false;
  // dfs
  std::vector<uint32_t> prefix_;
};

// The process's schedule; nullptr without one. Set before the first goroutine, never changed.
extern constinit Schedule* g_schedule;
// Its clock; begins far beyond what CLOCK_MONOTONIC can reach, so that no real time is ever due.
inline constexpr int64_t kScheduleBeginNs = int64_t{1} << 60;
extern constinit int64_t g_schedule_ns;
// CLOCK_MONOTONIC, or the schedule's clock.
int64_t SchedulerNanos();

// The wall clock that goes with the schedule's: it begins where a bubble's does.
inline int64_t ScheduleUnixNanos() { return Bubble::kBeginNs + (g_schedule_ns - kScheduleBeginNs); }

// Reads MUSTER_SCHEDULE (any strategy but dfs) and MUSTER_SCHEDULE_TRACE.
void ReadSchedule();

}  // namespace muster::sched

#endif  // MUSTER_SCHED_SCHEDULE_H_
