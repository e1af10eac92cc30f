#include "muster/inspector/wait_for.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "inspector/analysis/components.h"
#include "inspector/analysis/shapes.h"

namespace muster::inspector {
namespace {

using analysis::Shape;

bool IsForOthers(const Wait& wait) {
  switch (wait.kind) {
    case ObjectKind::kTimer:
    case ObjectKind::kFD:
      return false;
    case ObjectKind::kNone:
      return wait.object != 0;
    default:
      // A dump of Go's tells of a wait on a channel and not on which; only a nil channel is 0.
      return true;
  }
}

std::string WhatOf(const Wait& wait, const Goroutine& goroutine) {
  switch (wait.direction) {
    case Direction::kSend:
      return "send";
    case Direction::kReceive:
      return "receive";
    case Direction::kRead:
      return "read lock";
    case Direction::kWrite:
      return "lock";
    case Direction::kNone:
      break;
  }
  if (wait.kind == ObjectKind::kMutex) return "lock";
  if (wait.kind == ObjectKind::kRWMutex) {
    return goroutine.reason.ends_with("RLock") ? "read lock" : "lock";
  }
  return "wait";
}

class WaitForBuilder {
 public:
  explicit WaitForBuilder(const Snapshot& snapshot) : snapshot_(snapshot), shapes_(snapshot) {
    for (const Goroutine& goroutine : snapshot.goroutines) {
      if (goroutine.id != 0) by_id_.emplace(goroutine.id, &goroutine);
    }
    for (const Resource& resource : snapshot.resources) {
      resources_.emplace(resource.address, &resource);
    }
  }

  WaitFor Run() {
    AddHolders();
    for (const Goroutine& goroutine : snapshot_.goroutines) AddWaits(goroutine);
    FindCycles();
    return std::move(graph_);
  }

 private:
  // Who holds something is a node of its own, whoever looks like it.
  void AddHolders() {
    for (const Resource& resource : snapshot_.resources) {
      if (resource.owner_id != 0) holders_.insert(resource.owner_id);
    }
    for (const Goroutine& goroutine : snapshot_.goroutines) {
      if (!goroutine.held.empty() && goroutine.id != 0) holders_.insert(goroutine.id);
    }
    // Only what somebody waits for is shown, so that the holders' edges come with the waiters'.
  }

  void AddWaits(const Goroutine& goroutine) {
    std::vector<Wait> waits;
    for (const Wait& wait : goroutine.waits) {
      const bool known = wait.object != 0 || goroutine.reason.ends_with("(nil chan)") ||
                         goroutine.waits.size() > 1;
      if (goroutine.state == State::kWaiting && IsForOthers(wait) && known) waits.push_back(wait);
    }
    if (waits.empty()) return;
    const auto [node, fresh] = Waiter(goroutine, waits);
    if (!fresh) return;
    std::set<std::pair<uint32_t, std::string>> drawn;
    for (const Wait& wait : waits) {
      const uint32_t object = Object(wait);
      const std::string what = WhatOf(wait, goroutine);
      // A select may name one channel in several cases.
      if (drawn.emplace(object, what).second) {
        graph_.edges.push_back({.from = node, .to = object, .what = what});
      }
    }
  }

  // The node of a goroutine that waits; and whether it is new, so that its edges are to be drawn.
  std::pair<uint32_t, bool> Waiter(const Goroutine& goroutine, const std::vector<Wait>& waits) {
    if (goroutine.id != 0 && holders_.contains(goroutine.id)) {
      const uint32_t node = Holder(goroutine.id);
      return {node, true};
    }
    LookKey key{shapes_.ByLine(goroutine.stack),
                shapes_.ByLine(goroutine.creation_stack),
                std::string(goroutine.status()),
                goroutine.kind,
                {}};
    for (const Wait& wait : waits) {
      std::get<4>(key).emplace_back(wait.object, wait.direction);
    }
    const auto next = static_cast<uint32_t>(graph_.nodes.size());
    const auto [it, fresh] = waiters_.try_emplace(std::move(key), next);
    if (fresh) graph_.nodes.push_back({.goroutine = &goroutine});
    WaitFor::Node& node = graph_.nodes[it->second];
    node.count += goroutine.count;
    if (goroutine.id != 0) node.ids.push_back(goroutine.id);
    return {it->second, fresh};
  }

  uint32_t Holder(uint64_t id) {
    const auto next = static_cast<uint32_t>(graph_.nodes.size());
    const auto [it, fresh] = holder_nodes_.try_emplace(id, next);
    if (fresh) {
      const auto known = by_id_.find(id);
      graph_.nodes.push_back(
          {.ids = {id}, .count = 1, .goroutine = known == by_id_.end() ? nullptr : known->second});
    }
    return it->second;
  }

  uint32_t Object(const Wait& wait) {
    const auto next = static_cast<uint32_t>(graph_.nodes.size());
    const auto [it, fresh] = objects_.try_emplace(wait.object, next);
    const uint32_t node = it->second;
    if (!fresh) return node;
    const auto known = resources_.find(wait.object);
    const Resource* resource = known == resources_.end() ? nullptr : known->second;
    graph_.nodes.push_back(
        {.is_object = true, .address = wait.object, .kind = wait.kind, .resource = resource});
    if (resource != nullptr && resource->owner_id != 0) {
      const uint32_t owner = Holder(resource->owner_id);
      graph_.edges.push_back(
          {.from = node, .to = owner, .what = "held by", .taken_at = resource->acquired_at});
    }
    for (const auto& [reader, taken_at] : ReadersOf(wait.object)) {
      const uint32_t holder = Holder(reader);
      graph_.edges.push_back({.from = node, .to = holder, .what = "read by", .taken_at = taken_at});
    }
    return node;
  }

  using Readers = std::vector<std::pair<uint64_t, StackId>>;

  const Readers& ReadersOf(uint64_t object) {
    if (!readers_) {
      readers_.emplace();
      for (const Goroutine& goroutine : snapshot_.goroutines) {
        for (const Held& held : goroutine.held) {
          if (goroutine.id == 0 || held.object == 0) continue;
          Readers& of = (*readers_)[held.object];
          if (of.empty() || of.back().first != goroutine.id) {
            of.emplace_back(goroutine.id, held.acquired_at);
          }
        }
      }
    }
    static const auto* const kNone = new Readers();
    const auto it = readers_->find(object);
    return it == readers_->end() ? *kNone : it->second;
  }

  void FindCycles() {
    std::vector<std::vector<uint32_t>> next(graph_.nodes.size());
    for (const WaitFor::Edge& edge : graph_.edges) {
      const WaitFor::Node& from = graph_.nodes[edge.from];
      // A select goes on when one of its cases does: it closes no cycle.
      const bool any =
          !from.is_object && from.goroutine != nullptr && from.goroutine->waits.size() > 1;
      if (!any) next[edge.from].push_back(edge.to);
    }
    const auto components =
        analysis::CyclicComponents(next, std::vector<bool>(graph_.nodes.size(), false));
    for (const std::vector<uint32_t>& component : components) {
      std::vector<uint32_t> cycle = CycleIn(component, next);
      for (size_t i = 0; i < cycle.size(); ++i) Mark(cycle[i], cycle[(i + 1) % cycle.size()]);
      graph_.cycles.push_back(std::move(cycle));
    }
    std::sort(graph_.cycles.begin(), graph_.cycles.end());
  }

  // A walk that never leaves the component comes back to where it has been.
  std::vector<uint32_t> CycleIn(const std::vector<uint32_t>& component,
                                const std::vector<std::vector<uint32_t>>& next) const {
    const std::unordered_set<uint32_t> inside(component.begin(), component.end());
    std::vector<uint32_t> walk = {*std::min_element(component.begin(), component.end())};
    std::unordered_map<uint32_t, size_t> met = {{walk.front(), 0}};
    while (true) {
      for (const uint32_t to : next[walk.back()]) {
        if (!inside.contains(to)) continue;
        const auto [it, fresh] = met.try_emplace(to, walk.size());
        if (!fresh) return {walk.begin() + static_cast<std::ptrdiff_t>(it->second), walk.end()};
        walk.push_back(to);
        break;
      }
    }
  }

  void Mark(uint32_t from, uint32_t to) {
    graph_.nodes[from].in_cycle = true;
    for (WaitFor::Edge& edge : graph_.edges) {
      if (edge.from == from && edge.to == to) edge.in_cycle = true;
    }
  }

  using LookKey =
      std::tuple<Shape, Shape, std::string, Kind, std::vector<std::pair<uint64_t, Direction>>>;

  const Snapshot& snapshot_;
  const analysis::Shapes shapes_;
  std::unordered_map<uint64_t, const Goroutine*> by_id_;
  std::unordered_map<uint64_t, const Resource*> resources_;
  std::unordered_set<uint64_t> holders_;
  std::map<LookKey, uint32_t> waiters_;
  std::unordered_map<uint64_t, uint32_t> holder_nodes_;
  std::unordered_map<uint64_t, uint32_t> objects_;
  std::optional<std::unordered_map<uint64_t, Readers>> readers_;
  WaitFor graph_;
};

// Which of a set of things hang together.
class Islands {
 public:
  explicit Islands(size_t size) : above_(size) { std::iota(above_.begin(), above_.end(), 0u); }

  uint32_t Of(uint32_t one) {
    while (above_[one] != one) one = above_[one] = above_[above_[one]];
    return one;
  }
  void Join(uint32_t a, uint32_t b) { above_[Of(a)] = Of(b); }

 private:
  std::vector<uint32_t> above_;
};

// The same graph without the nodes that are not `kept`.
WaitFor Reduce(WaitFor graph, const std::vector<bool>& kept) {
  constexpr uint32_t kGone = 0xffffffff;
  std::vector<uint32_t> number(graph.nodes.size(), kGone);
  WaitFor reduced;
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    if (!kept[i]) continue;
    number[i] = static_cast<uint32_t>(reduced.nodes.size());
    reduced.nodes.push_back(std::move(graph.nodes[i]));
  }
  for (WaitFor::Edge& edge : graph.edges) {
    if (number[edge.from] == kGone) continue;
    edge.from = number[edge.from];
    edge.to = number[edge.to];
    reduced.edges.push_back(std::move(edge));
  }
  for (std::vector<uint32_t>& cycle : graph.cycles) {
    if (number[cycle.front()] == kGone) continue;
    for (uint32_t& node : cycle) node = number[node];
    reduced.cycles.push_back(std::move(cycle));
  }
  return reduced;
}

}  // namespace

WaitFor BuildWaitFor(const Snapshot& snapshot, const Filter& filter) {
  WaitFor graph = WaitForBuilder(snapshot).Run();
  if (filter.empty()) return graph;
  Islands islands(graph.nodes.size());
  for (const WaitFor::Edge& edge : graph.edges) islands.Join(edge.from, edge.to);
  const FilterOn on(filter, snapshot);
  std::unordered_set<uint32_t> wanted;
  // Who looks alike may have other labels and ages: one of a node is enough.
  std::unordered_set<uint64_t> ids;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.id != 0 && on.Keeps(goroutine)) ids.insert(goroutine.id);
  }
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const WaitFor::Node& node = graph.nodes[i];
    const bool by_id = std::any_of(node.ids.begin(), node.ids.end(),
                                   [&](uint64_t id) { return ids.contains(id); });
    const bool keeps =
        by_id || (node.ids.empty() && node.goroutine != nullptr && on.Keeps(*node.goroutine));
    if (keeps) wanted.insert(islands.Of(i));
  }
  std::vector<bool> kept(graph.nodes.size());
  for (uint32_t i = 0; i < kept.size(); ++i) kept[i] = wanted.contains(islands.Of(i));
  return Reduce(std::move(graph), kept);
}

}  // namespace muster::inspector
