#include "tools/muster-stress/minimize.h"

#include <algorithm>
#include <utility>

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

}  // namespace

std::optional<std::vector<Decision>> Minimize(const std::string& original, const Attempt& attempt,
                                              uint64_t most_attempts,
                                              uint64_t* original_preemptions) {
  uint64_t attempts = 0;
  const auto fails = [&](const std::string& schedule) {
    ++attempts;
    return attempt(schedule);
  };
  std::optional<std::vector<Decision>> first = fails(original);
  if (!first) return std::nullopt;
  *original_preemptions = Preemptions(*first);
  std::optional<std::vector<Decision>> replayed = fails(ReplayText(*first));
  if (!replayed) return std::nullopt;
  std::vector<Decision> best = std::move(*replayed);
  std::vector<size_t> places = Deviations(best);
  for (size_t chunk = places.size(); chunk > 0; chunk /= 2) {
    for (size_t from = 0; from < places.size() && attempts < most_attempts;) {
      std::vector<Decision> fewer = best;
      const size_t to = std::min(from + chunk, places.size());
      for (size_t i = from; i < to; ++i) fewer[places[i]].chosen = 0;
      std::optional<std::vector<Decision>> run = fails(ReplayText(fewer));
      if (run && Deviations(*run).size() < places.size()) {
        best = std::move(*run);
        places = Deviations(best);
      } else {
        from = to;
      }
    }
  }
  return best;
}

}  // namespace muster::stress
