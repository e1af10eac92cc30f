#include "inspector/analysis/detectors.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"

namespace muster::inspector::analysis {

std::vector<uint64_t> IdsOf(const Case& c, const std::vector<Index>& goroutines) {
  std::vector<uint64_t> ids;
  for (const Index i : goroutines) {
    if (c.at(i).id != 0) ids.push_back(c.at(i).id);
  }
  return ids;
}

StackId TakenAt(const Case& c, Index holder, uint64_t object) {
  const Resource* resource = c.view.ResourceAt(object);
  if (resource != nullptr && resource->owner_id == c.at(holder).id && resource->owner_id != 0) {
    return resource->acquired_at;
  }
  for (const Held& held : c.at(holder).held) {
    if (held.object == object) return held.acquired_at;
  }
  return kNoStack;
}

std::vector<Pile> FindPiles(const Case& c, bool (*of)(const Case&, Index)) {
  const auto shape = [&c](StackId stack) {
    return c.view.has_objects() ? c.shapes.ByLine(stack) : c.shapes.ByFunction(stack);
  };
  std::map<std::tuple<Shape, Shape, std::string_view>, Pile> piles;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (!c.view.IsOrdinary(i) || !of(c, i)) continue;
    const Goroutine& g = c.at(i);
    Pile& pile = piles[{shape(g.creation_stack), shape(g.stack), g.status()}];
    pile.members.push_back(i);
    pile.count += g.count;
  }
  std::vector<Pile> sorted;
  for (auto& [key, pile] : piles) sorted.push_back(std::move(pile));
  std::sort(sorted.begin(), sorted.end(), [](const Pile& a, const Pile& b) {
    return std::make_tuple(b.count, a.members.front()) <
           std::make_tuple(a.count, b.members.front());
  });
  return sorted;
}

bool IsIoWait(const Case& c, Index index) {
  const Goroutine& g = c.at(index);
  if (!g.reason.empty()) return g.reason == "IO wait";
  if (g.state == State::kSyscall) return true;
  // Grouped dumps print no reason; the poller's frame tells.
  if (g.stack >= c.view.snapshot().stacks.size()) return false;
  for (const FrameId id : c.view.snapshot().stacks[g.stack].frames) {
    const std::string& function = c.view.snapshot().frames[id].function;
    if (absl::StrContains(function, "runtime_pollWait") ||
        absl::StartsWith(function, "runtime.netpollblock") ||
        absl::StartsWith(function, "syscall.")) {
      return true;
    }
  }
  return false;
}

}  // namespace muster::inspector::analysis
