#include "inspector/analysis/components.h"

#include <algorithm>

namespace muster::inspector::analysis {
namespace {

class Tarjan {
 public:
  Tarjan(const std::vector<std::vector<uint32_t>>& next, const std::vector<bool>& ended)
      : next_(next),
        ended_(ended),
        order_(next.size(), 0),
        low_(next.size(), 0),
        open_(next.size(), false) {}

  std::vector<std::vector<uint32_t>> Run() {
    for (uint32_t node = 0; node < next_.size(); ++node) {
      if (order_[node] == 0) Visit(node);
    }
    return std::move(found_);
  }

 private:
  // One node on the way, and which of its edges comes next.
  struct Step {
    uint32_t node;
    size_t edge;
  };

  void Enter(uint32_t node) {
    order_[node] = low_[node] = ++clock_;
    open_[node] = true;
    component_.push_back(node);
    path_.push_back({node, 0});
  }

  void Visit(uint32_t root) {
    Enter(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      const uint32_t node = step.node;
      if (!ended_[node] && step.edge < next_[node].size()) {
        const uint32_t target = next_[node][step.edge++];
        if (order_[target] == 0) {
          Enter(target);  // invalidates `step`
        } else if (open_[target]) {
          low_[node] = std::min(low_[node], order_[target]);
        }
        continue;
      }
      path_.pop_back();
      if (!path_.empty()) low_[path_.back().node] = std::min(low_[path_.back().node], low_[node]);
      if (low_[node] == order_[node]) Close(node);
    }
  }

  // `root` is the first node of a component that is now complete.
  void Close(uint32_t root) {
    std::vector<uint32_t> members;
    uint32_t node;
    do {
      node = component_.back();
      component_.pop_back();
      open_[node] = false;
      members.push_back(node);
    } while (node != root);
    const bool own_edge = !ended_[root] && std::count(next_[root].begin(), next_[root].end(), root);
    if (members.size() > 1 || own_edge) found_.push_back(std::move(members));
  }

  const std::vector<std::vector<uint32_t>>& next_;
  const std::vector<bool>& ended_;
  std::vector<uint32_t> order_;  // 0: not visited
  std::vector<uint32_t> low_;
  std::vector<bool> open_;
  std::vector<uint32_t> component_;
  std::vector<Step> path_;
  std::vector<std::vector<uint32_t>> found_;
  uint32_t clock_ = 0;
};

}  // namespace

std::vector<std::vector<uint32_t>> CyclicComponents(const std::vector<std::vector<uint32_t>>& next,
                                                    const std::vector<bool>& ended) {
  return Tarjan(next, ended).Run();
}

}  // namespace muster::inspector::analysis
