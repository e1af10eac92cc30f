#include "inspector/analysis/order_graph.h"

#include <algorithm>
#include <utility>

namespace muster::inspector::analysis {
namespace {

// Whether two goroutines cannot have both at once.
bool Excludes(const Held& a, const Held& b) {
  return a.object == b.object &&
         !(a.direction == Direction::kRead && b.direction == Direction::kRead);
}

// Whether a lock that `a` holds keeps out one who holds `held`.
bool HoldsAgainst(const LockOrder& a, const Held& held) {
  return Excludes(a.from, held) ||
         std::any_of(a.gates.begin(), a.gates.end(),
                     [&held](const Held& gate) { return Excludes(gate, held); });
}

bool ShareGate(const LockOrder& a, const LockOrder& b) {
  return HoldsAgainst(a, b.from) ||
         std::any_of(b.gates.begin(), b.gates.end(),
                     [&a](const Held& gate) { return HoldsAgainst(a, gate); });
}

// Whether every time that `a` tells of comes before all that `b` does. Either the goroutine of `a`,
// or one that has waited for it, has started that of `b` or an ancestor of it later; or it is that
// of `b` itself that has waited.
bool ComesBefore(const LockOrder& a, const LockOrder& b) {
  const bool joined = a.joined.goroutine_id != 0;
  if (joined && a.joined.goroutine_id == b.goroutine_id && a.joined.moment < b.first_moment) {
    return true;
  }
  return std::any_of(b.ancestors.begin(), b.ancestors.end(), [&](const Spawn& spawn) {
    return (spawn.goroutine_id == a.goroutine_id && a.last_moment < spawn.moment) ||
           (joined && spawn.goroutine_id == a.joined.goroutine_id &&
            a.joined.moment < spawn.moment);
  });
}

bool MayCoincide(const LockOrder& a, const LockOrder& b) {
  return a.goroutine_id != b.goroutine_id && !ShareGate(a, b) && !ComesBefore(a, b) &&
         !ComesBefore(b, a);
}

}  // namespace

OrderGraph::OrderGraph(const std::vector<LockOrder>& orders) {
  for (const LockOrder& order : orders) {
    const Node from = NodeOf(order.from.object);
    const Node to = NodeOf(order.to.object);
    edges_[from].push_back({to, &order});
  }
  on_path_.resize(edges_.size());
  found_from_.resize(edges_.size());
}

OrderGraph::Node OrderGraph::NodeOf(uint64_t lock) {
  const auto [at, is_new] = nodes_.try_emplace(lock, static_cast<Node>(edges_.size()));
  if (is_new) edges_.emplace_back();
  return at->second;
}

std::vector<OrderCycle> OrderGraph::Cycles() {
  for (size_t length = 2; length <= kMaxCycle; ++length) {
    for (Node start = 0; start < edges_.size(); ++start) Extend(start, start, length);
  }
  return std::move(found_);
}

// Finds the cycles of `length` steps that go on from the path, which leads from `start` to `at`.
// Each cycle is looked for once: from its lowest node.
void OrderGraph::Extend(Node start, Node at, size_t length) {
  const bool closes = path_.size() + 1 == length;
  on_path_[at] = true;
  nodes_on_path_.push_back(at);
  for (const Edge& edge : edges_[at]) {
    if (closes ? edge.to != start : edge.to <= start || on_path_[edge.to]) continue;
    ++steps_;
    if (gave_up()) break;
    const LockOrder& order = *edge.order;
    if (!path_.empty() && !Excludes(path_.back()->to, order.from)) continue;
    if (closes && !Excludes(order.to, path_.front()->from)) continue;
    if (!std::all_of(path_.begin(), path_.end(),
                     [&](const LockOrder* other) { return MayCoincide(*other, order); })) {
      continue;
    }
    path_.push_back(&order);
    if (!CoversAnyFound()) {
      if (closes) {
        found_from_[start].push_back(found_.size());
        found_.push_back(path_);
      } else {
        Extend(start, edge.to, length);
      }
    }
    path_.pop_back();
  }
  nodes_on_path_.pop_back();
  on_path_[at] = false;
}

// Whether the path has all locks of a cycle that was found: whose lowest one it has then, too.
bool OrderGraph::CoversAnyFound() {
  for (const Node node : nodes_on_path_) {
    for (const size_t known : found_from_[node]) {
      ++steps_;
      if (Covers(found_[known])) return true;
    }
  }
  return false;
}

bool OrderGraph::Covers(const OrderCycle& known) const {
  return std::all_of(known.begin(), known.end(), [this](const LockOrder* step) {
    return std::any_of(path_.begin(), path_.end(), [step](const LockOrder* other) {
      return other->from.object == step->from.object;
    });
  });
}

}  // namespace muster::inspector::analysis
