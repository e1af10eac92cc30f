#include "inspector/report/layered.h"

#include <algorithm>
#include <numeric>

namespace muster::inspector::report {
namespace {

using Lists = std::vector<std::vector<uint32_t>>;

class LayerBuilder {
 public:
  LayerBuilder(uint32_t nodes, const std::vector<std::pair<uint32_t, uint32_t>>& edges)
      : next_(nodes), near_(nodes), cells_(nodes) {
    for (const auto& [from, to] : edges) {
      next_[from].push_back(to);
      near_[from].push_back(to);
      near_[to].push_back(from);
    }
  }

  std::vector<Cell> Run() {
    SetColumns();
    std::vector<bool> placed(cells_.size());
    uint32_t row = 0;
    for (uint32_t node = 0; node < cells_.size(); ++node) {
      if (!placed[node]) row = Place(Island(node, &placed), row);
    }
    return std::move(cells_);
  }

 private:
  // Nodes in the order in which a depth-first search leaves them. Edges to a node that it is still
  // inside of close a cycle and are forgotten.
  std::vector<uint32_t> LeaveOrder() {
    enum class Mark : char { kNew, kInside, kLeft };
    std::vector<Mark> marks(next_.size(), Mark::kNew);
    std::vector<uint32_t> order;
    std::vector<std::pair<uint32_t, size_t>> stack;
    Lists forward(next_.size());
    for (uint32_t root = 0; root < next_.size(); ++root) {
      if (marks[root] != Mark::kNew) continue;
      stack.emplace_back(root, 0);
      marks[root] = Mark::kInside;
      while (!stack.empty()) {
        auto& [node, at] = stack.back();
        if (at == next_[node].size()) {
          marks[node] = Mark::kLeft;
          order.push_back(node);
          stack.pop_back();
          continue;
        }
        const uint32_t to = next_[node][at++];
        if (marks[to] == Mark::kInside) continue;
        forward[node].push_back(to);
        if (marks[to] == Mark::kNew) {
          marks[to] = Mark::kInside;
          stack.emplace_back(to, 0);
        }
      }
    }
    next_ = std::move(forward);
    return order;
  }

  // The column is the length of the longest way to a node.
  void SetColumns() {
    const std::vector<uint32_t> order = LeaveOrder();
    for (auto node = order.rbegin(); node != order.rend(); ++node) {
      for (const uint32_t to : next_[*node]) {
        cells_[to].column = std::max(cells_[to].column, cells_[*node].column + 1);
      }
    }
  }

  std::vector<uint32_t> Island(uint32_t start, std::vector<bool>* placed) const {
    std::vector<uint32_t> island = {start};
    (*placed)[start] = true;
    for (size_t i = 0; i < island.size(); ++i) {
      for (const uint32_t to : near_[island[i]]) {
        if ((*placed)[to]) continue;
        (*placed)[to] = true;
        island.push_back(to);
      }
    }
    return island;
  }

  // Puts the nodes of an island into rows from `first` on; the row below it.
  uint32_t Place(const std::vector<uint32_t>& island, uint32_t first) {
    uint32_t last_column = 0;
    for (const uint32_t node : island) last_column = std::max(last_column, cells_[node].column);
    Lists columns(last_column + 1);
    for (const uint32_t node : island) columns[cells_[node].column].push_back(node);
    // Every pass moves nodes towards the middle of their neighbours; a few settle it.
    constexpr int kPasses = 6;
    for (std::vector<uint32_t>& column : columns) Number(column, first);
    for (int pass = 0; pass < kPasses; ++pass) {
      for (std::vector<uint32_t>& column : columns) Sort(&column, first);
    }
    size_t tallest = 0;
    for (const std::vector<uint32_t>& column : columns) tallest = std::max(tallest, column.size());
    for (const std::vector<uint32_t>& column : columns) {
      Number(column, first + static_cast<uint32_t>((tallest - column.size()) / 2));
    }
    return first + static_cast<uint32_t>(tallest);
  }

  void Number(const std::vector<uint32_t>& column, uint32_t first) {
    for (const uint32_t node : column) cells_[node].row = first++;
  }

  void Sort(std::vector<uint32_t>* column, uint32_t first) {
    std::vector<std::pair<double, uint32_t>> wanted;
    for (const uint32_t node : *column) {
      double sum = cells_[node].row;
      for (const uint32_t other : near_[node]) sum += cells_[other].row;
      wanted.emplace_back(sum / static_cast<double>(near_[node].size() + 1), node);
    }
    std::stable_sort(wanted.begin(), wanted.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < wanted.size(); ++i) (*column)[i] = wanted[i].second;
    Number(*column, first);
  }

  Lists next_;
  Lists near_;
  std::vector<Cell> cells_;
};

}  // namespace

std::vector<Cell> LayOut(uint32_t nodes, const std::vector<std::pair<uint32_t, uint32_t>>& edges) {
  return LayerBuilder(nodes, edges).Run();
}

}  // namespace muster::inspector::report
