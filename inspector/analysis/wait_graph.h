// WaitGraph: who waits for whom over locks.
//
// Nodes are the snapshot's goroutines, then two per lock: what a reader of it waits for and what a
// writer (or any exclusive locker) waits for. The lock nodes keep the graph linear: 1,000 readers
// and 1,000 queued writers are 2,000 edges and not a million.
//
// Every edge is an AND: a writer needs each of the readers to leave, a reader needs the one writer
// in its way to finish. So every cycle is a deadlock unless someone outside unlocks for a member.
#ifndef MUSTER_INSPECTOR_ANALYSIS_WAIT_GRAPH_H_
#define MUSTER_INSPECTOR_ANALYSIS_WAIT_GRAPH_H_

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "inspector/analysis/view.h"

namespace muster::inspector::analysis {

class WaitGraph {
 public:
  using Node = uint32_t;

  explicit WaitGraph(const View& view);

  // The goroutines whose next step this one waits for; empty when it waits for no lock, or when the
  // holder is not known.
  const std::vector<Node>& BlockersOf(Index goroutine) const;

  // One cycle for each strongly connected component, as its goroutines in waiting order: each waits
  // for the next, the last for the first; the smallest index comes first. Goroutines of `ended`
  // (a verdict says already why they are stuck) are taken as waiting for nobody.
  std::vector<std::vector<Index>> Cycles(const std::vector<bool>& ended) const;

  // The goroutines that wait, directly or through others, for one of `roots`; roots left out.
  std::vector<Index> Behind(const std::vector<Index>& roots) const;

 private:
  Node NodeOf(const LockWait& wait);
  std::vector<Index> ShortestCycle(const std::vector<Node>& component,
                                   const std::vector<uint32_t>& component_of,
                                   const std::vector<bool>& ended) const;
  std::vector<Node> CycleThrough(Node start, const std::vector<uint32_t>& component_of,
                                 const std::vector<bool>& ended) const;

  const View& view_;
  std::vector<std::vector<Node>> next_;
  std::vector<std::vector<Node>> previous_;
  std::unordered_map<uint64_t, Node> lock_nodes_;  // of readers; a writer's is the next number
};

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_WAIT_GRAPH_H_
