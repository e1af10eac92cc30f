#include "runtime/sched/schedule.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {
namespace {

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): any seed
// will do.
uint64_t NextOf(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

bool ParseNumber(absl::string_view text, uint32_t* number) {
  return absl::SimpleAtoi(text, number) && *number <= 1'000'000;
}

// "0.2*3.1": a number, or a number so many times.
bool ParseDecisions(absl::string_view text, std::vector<uint32_t>* decisions) {
  for (const absl::string_view part : absl::StrSplit(text, '.', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(part, absl::MaxSplits('*', 1));
    uint32_t chosen = 0;
    uint32_t times = 1;
    if (!ParseNumber(words.first, &chosen)) return false;
    if (words.first.size() != part.size() && !ParseNumber(words.second, &times)) return false;
    decisions->insert(decisions->end(), times, chosen);
  }
  return true;
}

}  // namespace

constinit Schedule* g_schedule = nullptr;
constinit int64_t g_schedule_ns = kScheduleBeginNs;

int64_t SchedulerNanos() { return g_schedule == nullptr ? NowNanos() : g_schedule_ns; }

bool ParseSchedule(absl::string_view text, SchedulePlan* plan) {
  *plan = SchedulePlan();
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts[0] == "random" && parts.size() == 1) {
    plan->strategy = Strategy::kRandom;
    return true;
  }
  if (parts[0] == "pct" && (parts.size() == 2 || parts.size() == 3)) {
    plan->strategy = Strategy::kPct;
    return ParseNumber(parts[1], &plan->bound) && plan->bound >= 1 &&
           (parts.size() == 2 || (ParseNumber(parts[2], &plan->length) && plan->length >= 1));
  }
  if (parts[0] == "dfs" && parts.size() == 2) {
    plan->strategy = Strategy::kDepthFirst;
    return ParseNumber(parts[1], &plan->bound);
  }
  if (parts[0] == "replay" && parts.size() == 2) {
    plan->strategy = Strategy::kReplay;
    return ParseDecisions(parts[1], &plan->decisions);
  }
  return false;
}

void ReadSchedule() {
  const char* text = std::getenv("MUSTER_SCHEDULE");
  if (text == nullptr || *text == '\0') return;
  SchedulePlan plan;
  // By depth first, a program goes from one schedule to the next by itself (NextByDepth).
  if (!ParseSchedule(text, &plan) || plan.strategy == Strategy::kDepthFirst) {
    std::fprintf(stderr,
                 "muster: MUSTER_SCHEDULE=%s is none of random, pct:D, pct:D:K, replay:T; "
                 "ignored\n",
                 text);
    return;
  }
  if (g_schedule_seed == 0) g_schedule_seed = 1;
  g_schedule = new Schedule;
  const char* const file = std::getenv("MUSTER_SCHEDULE_TRACE");
  if (file != nullptr && *file != '\0' && !g_schedule->KeepTraceIn(file)) {
    std::fprintf(stderr, "muster: MUSTER_SCHEDULE_TRACE=%s cannot be written; ignored\n", file);
  }
  g_schedule->Begin(plan, g_schedule_seed);
}

void Schedule::Begin(const SchedulePlan& plan, uint64_t seed) {
  const tsan::IgnoreScope ignore;
  plan_ = plan;
  seed_ = seed;
  chosen_ = kNobody;
  yields_ = 0;
  strategy_random_ = seed;
  other_random_ = ~seed;
  trace_.clear();
  file_.Clear();
  prefix_ = plan.decisions;
  lowest_ = 0;
  points_ = 0;
  ++generation_;
  change_points_.clear();
  for (uint32_t i = 1; plan.strategy == Strategy::kPct && i < plan.bound; ++i) {
    change_points_.push_back(Draw(plan.length));
  }
}

bool Schedule::NextByDepth() {
  const tsan::IgnoreScope ignore;
  // The last decision that can still be taken otherwise is; what came after it is dropped.
  uint32_t preemptions = 0;
  for (const Decision& decision : trace_) {
    if (decision.preemptive && decision.chosen != 0) ++preemptions;
  }
  while (!trace_.empty()) {
    Decision& last = trace_.back();
    const bool was_preemption = last.preemptive && last.chosen != 0;
    if (was_preemption) --preemptions;
    const bool affordable = !last.preemptive || preemptions < plan_.bound;
    if (last.chosen + 1 < last.options && affordable) {
      ++last.chosen;
      prefix_.clear();
      for (const Decision& decision : trace_) prefix_.push_back(decision.chosen);
      trace_.clear();
      other_random_ = ~seed_;
      return true;
    }
    trace_.pop_back();
  }
  return false;
}

uint32_t Schedule::Draw(uint32_t limit) {
  return static_cast<uint32_t>((NextOf(&strategy_random_) >> 32) * limit >> 32);
}

uint32_t Schedule::Random() { return static_cast<uint32_t>(NextOf(&other_random_) >> 32); }

void Schedule::EnsurePriority(G* g) {
  if (g->schedule_generation == generation_ && g->schedule_id == g->id) return;
  g->schedule_generation = generation_;
  g->schedule_id = g->id;
  // Above all that change points and yields leave behind.
  g->schedule_priority = 1 + (int64_t{Draw(1U << 30)} << 20) + Draw(1U << 20);
}

// Of the running one (0) and those that are ready (from 1, or from 0 if none runs).
uint32_t Schedule::ByPriority(G* running) {
  if (running != nullptr) {
    EnsurePriority(running);
    for (const uint32_t point : change_points_) {
      if (point == points_) running->schedule_priority = --lowest_;
    }
    ++points_;
  }
  const uint32_t first = running == nullptr ? 0 : 1;
  G* best = running;
  uint32_t chosen = 0;
  for (uint32_t i = 0; i < ready_.size(); ++i) {
    EnsurePriority(ready_[i]);
    if (best == nullptr || ready_[i]->schedule_priority > best->schedule_priority) {
      best = ready_[i];
      chosen = first + i;
    }
  }
  return chosen;
}

uint32_t Schedule::Decide(uint32_t options, bool preemptive, G* running) {
  uint32_t chosen = 0;
  const size_t step = trace_.size();
  switch (plan_.strategy) {
    case Strategy::kRandom:
      chosen = Draw(options);
      break;
    case Strategy::kPct:
      chosen = ByPriority(running);
      break;
    default:
      if (step < prefix_.size()) chosen = std::min(prefix_[step], options - 1);
  }
  trace_.push_back({options, chosen, preemptive});
  if (file_.IsOpen()) file_.Add(options, preemptive, chosen);
  return chosen;
}

bool Schedule::Preempts(G* running) {
  const tsan::IgnoreScope ignore;
  if (ready_.empty()) return false;
  const uint32_t chosen = Decide(static_cast<uint32_t>(ready_.size()) + 1, true, running);
  if (chosen == 0) return false;
  chosen_ = chosen - 1;
  return true;
}

bool Schedule::Yields(G* g) {
  constexpr uint64_t kManyYields = 1024;
  if (plan_.strategy == Strategy::kPct) {
    EnsurePriority(g);
    g->schedule_priority = --lowest_;
  }
  time_is_up_ = ready_.empty() || ++yields_ % kManyYields == 0;
  return time_is_up_;
}

G* Schedule::Take() {
  const tsan::IgnoreScope ignore;
  if (ready_.empty()) return nullptr;
  uint32_t chosen = std::exchange(chosen_, kNobody);
  if (chosen == kNobody) {
    chosen = ready_.size() == 1 ? 0 : Decide(static_cast<uint32_t>(ready_.size()), false, nullptr);
  }
  G* const taken = ready_[chosen];
  for (size_t i = chosen; i + 1 < ready_.size(); ++i) ready_[i] = ready_[i + 1];
  ready_.pop_back();
  return taken;
}

std::string Schedule::TraceText() const {
  size_t end = trace_.size();
  while (end > 0 && trace_[end - 1].chosen == 0) --end;
  std::string text;
  for (size_t i = 0; i < end;) {
    size_t times = 1;
    while (i + times < end && trace_[i + times].chosen == trace_[i].chosen) ++times;
    absl::StrAppend(&text, text.empty() ? "" : ".", trace_[i].chosen);
    if (times > 1) absl::StrAppend(&text, "*", times);
    i += times;
  }
  return text;
}

}  // namespace muster::sched
