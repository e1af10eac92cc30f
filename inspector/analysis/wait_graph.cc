#include "inspector/analysis/wait_graph.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_set>
#include <utility>

#include "inspector/analysis/components.h"

namespace muster::inspector::analysis {
namespace {

constexpr uint32_t kNowhere = 0xffffffff;
// Components of up to this many nodes are searched from each member for the shortest cycle, larger
// ones from one member only, which keeps the whole linear.
constexpr size_t kSearchAll = 64;

// The queued writer that readers wait behind: the one that has waited longest, as the lock serves
// writers in order of arrival. All queued writers wait for the same holders, so that the choice
// cannot hide a cycle.
std::optional<Index> FirstWriter(const View& view, uint64_t object) {
  std::optional<Index> first;
  for (const Index waiter : view.WaitersOn(object)) {
    const std::optional<LockWait> wait = view.LockWaitOf(waiter);
    if (!wait.has_value() || wait->for_reading || !view.WaitIsSettled(waiter)) continue;
    if (!first.has_value() ||
        view.at(waiter).wait_ns.value_or(0) > view.at(*first).wait_ns.value_or(0)) {
      first = waiter;
    }
  }
  return first;
}

}  // namespace

WaitGraph::WaitGraph(const View& view) : view_(view), next_(view.size()) {
  for (Index i = 0; i < view.size(); ++i) {
    const std::optional<LockWait> wait = view.LockWaitOf(i);
    if (!wait.has_value() || !view.WaitIsSettled(i)) continue;
    const Node node = NodeOf(*wait);
    next_[i].push_back(node);
  }
  previous_.resize(next_.size());
  for (Node node = 0; node < next_.size(); ++node) {
    for (const Node target : next_[node]) previous_[target].push_back(node);
  }
}

// The node for what such a waiter waits for; made, with its edges, at the first call.
WaitGraph::Node WaitGraph::NodeOf(const LockWait& wait) {
  const auto [it, fresh] = lock_nodes_.emplace(wait.object, static_cast<Node>(next_.size()));
  const Node for_readers = it->second;
  const Node for_writers = for_readers + 1;
  if (fresh) {
    next_.resize(next_.size() + 2);
    std::vector<Node> holders;
    const Resource* resource = view_.ResourceAt(wait.object);
    if (resource != nullptr && view_.OwnershipIsSettled(*resource)) {
      const std::optional<Index> owner = view_.IndexOf(resource->owner_id);
      if (owner.has_value()) holders.push_back(*owner);
    }
    if (!holders.empty()) {
      next_[for_readers] = holders;
    } else {
      const std::optional<Index> writer = FirstWriter(view_, wait.object);
      if (writer.has_value()) next_[for_readers].push_back(*writer);
    }
    const std::vector<Index>& readers = view_.ReadersOf(wait.object);
    for (const Index reader : readers) holders.push_back(reader);
    next_[for_writers] = std::move(holders);
  }
  return wait.for_reading ? for_readers : for_writers;
}

const std::vector<WaitGraph::Node>& WaitGraph::BlockersOf(Index goroutine) const {
  const std::vector<Node>& nodes = next_[goroutine];
  return nodes.empty() ? nodes : next_[nodes.front()];
}

std::vector<std::vector<Index>> WaitGraph::Cycles(const std::vector<bool>& ended) const {
  std::vector<bool> stopped = ended;
  stopped.resize(next_.size(), false);
  const auto components = CyclicComponents(next_, stopped);
  std::vector<uint32_t> component_of(next_.size(), kNowhere);
  for (uint32_t c = 0; c < components.size(); ++c) {
    for (const Node node : components[c]) component_of[node] = c;
  }
  std::vector<std::vector<Index>> cycles;
  for (const std::vector<Node>& component : components) {
    cycles.push_back(ShortestCycle(component, component_of, stopped));
  }
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

std::vector<Index> WaitGraph::ShortestCycle(const std::vector<Node>& component,
                                            const std::vector<uint32_t>& component_of,
                                            const std::vector<bool>& ended) const {
  std::vector<Node> starts;
  for (const Node node : component) {
    if (node < view_.size()) starts.push_back(node);
  }
  std::sort(starts.begin(), starts.end());
  if (component.size() > kSearchAll) starts.resize(1);
  std::vector<Node> best;
  for (const Node start : starts) {
    std::vector<Node> cycle = CycleThrough(start, component_of, ended);
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  std::vector<Index> goroutines;
  for (const Node node : best) {
    if (node < view_.size()) goroutines.push_back(node);
  }
  std::rotate(goroutines.begin(), std::min_element(goroutines.begin(), goroutines.end()),
              goroutines.end());
  return goroutines;
}

// The shortest way from `start` back to itself inside its component, by breadth-first search.
std::vector<WaitGraph::Node> WaitGraph::CycleThrough(Node start,
                                                     const std::vector<uint32_t>& component_of,
                                                     const std::vector<bool>& ended) const {
  std::unordered_map<Node, Node> from;
  std::deque<Node> queue = {start};
  while (!queue.empty()) {
    const Node node = queue.front();
    queue.pop_front();
    if (ended[node]) continue;
    for (const Node target : next_[node]) {
      if (component_of[target] != component_of[start]) continue;
      if (target == start) {
        std::vector<Node> cycle = {node};
        while (cycle.back() != start) cycle.push_back(from.at(cycle.back()));
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (from.emplace(target, node).second) queue.push_back(target);
    }
  }
  return {};
}

std::vector<Index> WaitGraph::Behind(const std::vector<Index>& roots) const {
  // A set and not a flag for each node: there may be as many calls as there are cycles.
  std::unordered_set<Node> seen(roots.begin(), roots.end());
  std::vector<Node> queue(roots.begin(), roots.end());
  std::vector<Index> behind;
  while (!queue.empty()) {
    const Node node = queue.back();
    queue.pop_back();
    for (const Node waiter : previous_[node]) {
      if (!seen.insert(waiter).second) continue;
      queue.push_back(waiter);
      if (waiter < view_.size()) behind.push_back(waiter);
    }
  }
  std::sort(behind.begin(), behind.end());
  return behind;
}

}  // namespace muster::inspector::analysis
