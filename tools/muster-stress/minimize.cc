#include "tools/muster-stress/minimize.h"

#include <algorithm>
#include <utility>

#include "tools/muster-stress/runs.h"

namespace muster::stress {
namespace {

// Where a decision deviates from what a replay takes by itself.
std::vector<size_t> Deviations(const std::vector<Decision>& trace) {
  std::vector<size_t> places;
  for (size_t i = 0; i < trace.size(); ++i) {
    if (trace[i].chosen != 0) places.push_back(i);
  }
  return places;
}

using Trace = std::vector<Decision>;

// Takes decisions back as long as it goes on failing.
Trace TakeBack(Trace best, const Attempt& attempt, uint64_t most_attempts) {
  uint64_t attempts = 0;
  std::vector<size_t> places = Deviations(best);
  for (size_t chunk = places.size(); chunk > 0; chunk /= 2) {
    for (size_t from = 0; from < places.size() && attempts < most_attempts;) {
      Trace fewer = best;
      const size_t to = std::min(from + chunk, places.size());
      for (size_t i = from; i < to; ++i) fewer[places[i]].chosen = 0;
      ++attempts;
      Attempted run = attempt(ReplayText(fewer));
      if (run.failed && Deviations(run.trace).size() < places.size()) {
        best = std::move(run.trace);
        places = Deviations(best);
      } else {
        from = to;
      }
    }
  }
  return best;
}

// Looks for one with fewer preemptions than `preemptions`.
std::optional<Trace> LookThrough(uint64_t preemptions, const Attempt& attempt,
                                 uint64_t most_attempts) {
  uint64_t attempts = 0;
  for (uint64_t bound = 0; bound < preemptions; ++bound) {
    Runs runs("dfs:" + std::to_string(bound), /*first_seed=*/0, UINT64_MAX);
    while (const std::optional<Variation> run = runs.Next()) {
      if (++attempts > most_attempts) return std::nullopt;
      Attempted attempted = attempt(run->schedule);
      if (attempted.failed) return std::move(attempted.trace);
      runs.Done(*run, attempted.trace);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<Decision>> Minimize(const std::string& original, const Attempt& attempt,
                                              uint64_t most_attempts,
                                              uint64_t* original_preemptions) {
  const Attempted first = attempt(original);
  if (!first.failed) return std::nullopt;
  *original_preemptions = Preemptions(first.trace);
  Attempted replayed = attempt(ReplayText(first.trace));
  if (!replayed.failed) return std::nullopt;
  Trace best = TakeBack(std::move(replayed.trace), attempt, most_attempts);
  std::optional<Trace> fewer = LookThrough(Preemptions(best), attempt, most_attempts);
  return fewer ? std::move(*fewer) : best;
}

}  // namespace muster::stress
