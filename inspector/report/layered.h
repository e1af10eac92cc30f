// Layered: where to draw the nodes of a directed graph. Columns from left to right in the direction
// of the edges, as far as cycles allow; parts that do not hang together below one another. A pure
// function; close to linear.
#ifndef MUSTER_INSPECTOR_REPORT_LAYERED_H_
#define MUSTER_INSPECTOR_REPORT_LAYERED_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace muster::inspector::report {

struct Cell {
  uint32_t column = 0;
  uint32_t row = 0;
};

// LayOut gives each node a cell of its own. An edge leads to a larger column unless it closes a
// cycle. In each column nodes are near those that they are joined to.
std::vector<Cell> LayOut(uint32_t nodes, const std::vector<std::pair<uint32_t, uint32_t>>& edges);

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_LAYERED_H_
