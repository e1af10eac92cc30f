// Strongly connected components of a graph (Tarjan), without recursion: a chain of 100,000 waiting
// goroutines must not end on the inspector's own stack. Linear in nodes and edges.
#ifndef MUSTER_INSPECTOR_ANALYSIS_COMPONENTS_H_
#define MUSTER_INSPECTOR_ANALYSIS_COMPONENTS_H_

#include <cstdint>
#include <vector>

namespace muster::inspector::analysis {

// The components of more than one node, or of one node with an edge to itself. Nodes of `ended` are
// taken to have no edges out.
std::vector<std::vector<uint32_t>> CyclicComponents(const std::vector<std::vector<uint32_t>>& next,
                                                    const std::vector<bool>& ended);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_COMPONENTS_H_
