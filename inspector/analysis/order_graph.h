// OrderGraph: the cycles in which locks were taken one under the other, by goroutines that could
// have done so at the same time. Refers to the snapshot, which must outlive it.
//
// A cycle can deadlock only if each step is another goroutine's, if no lock is held in two of the
// steps (a gate: the one who has it keeps the other out, unless both only read), if what the one
// holds keeps the next one waiting (two readers do not), and if no step comes before another one
// because of how the goroutines were started and waited for.
//
// Cycles have at most kMaxCycle locks; one whose locks include all those of a shorter one is left
// out. The search ends after kMaxSteps: edges, and known cycles, that it has looked at.
#ifndef MUSTER_INSPECTOR_ANALYSIS_ORDER_GRAPH_H_
#define MUSTER_INSPECTOR_ANALYSIS_ORDER_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

// Each step takes the lock that the next one holds; the last takes that of the first.
using OrderCycle = std::vector<const LockOrder*>;

class OrderGraph {
 public:
  static constexpr size_t kMaxCycle = 6;
  static constexpr uint64_t kMaxSteps = 5'000'000;

  explicit OrderGraph(const std::vector<LockOrder>& orders);

  // The shortest first. Called once.
  std::vector<OrderCycle> Cycles();
  // Whether the search of Cycles was given up.
  bool gave_up() const { return steps_ >= kMaxSteps; }

 private:
  using Node = uint32_t;
  struct Edge {
    Node to;
    const LockOrder* order;
  };

  Node NodeOf(uint64_t lock);
  void Extend(Node start, Node at, size_t length);
  bool CoversAnyFound();
  bool Covers(const OrderCycle& known) const;

  std::unordered_map<uint64_t, Node> nodes_;
  std::vector<std::vector<Edge>> edges_;  // by Node
  // The search: the path so far, the node at which each of its steps begins, and what was found.
  OrderCycle path_;
  std::vector<Node> nodes_on_path_;
  std::vector<bool> on_path_;  // by Node
  std::vector<OrderCycle> found_;
  std::vector<std::vector<size_t>> found_from_;  // by lowest Node
  uint64_t steps_ = 0;
};

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_ORDER_GRAPH_H_
