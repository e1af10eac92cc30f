#include "muster/inspector/tree.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "inspector/analysis/shapes.h"

namespace muster::inspector {
namespace {

// One goroutine, or one that has ended and is known as a parent only.
struct Single {
  uint64_t id = 0;
  uint64_t count = 1;
  const Goroutine* goroutine = nullptr;
  uint32_t parent = 0;  // itself: none
  std::vector<uint32_t> children = {};
  bool kept = true;   // or one that it created is
  uint32_t look = 0;  // the same for those that look alike down to the last descendant
};

class TreeBuilder {
 public:
  TreeBuilder(const Snapshot& snapshot, const Filter& filter)
      : snapshot_(snapshot), filter_(filter), shapes_(snapshot) {}

  CreationTree Run() {
    AddAll();
    FindParents();
    const std::vector<uint32_t> order = ChildrenFirst();
    Prune(order);
    NumberLooks(order);
    std::vector<uint32_t> roots;
    for (uint32_t i = 0; i < singles_.size(); ++i) {
      if (singles_[i].kept && singles_[i].parent == i) roots.push_back(i);
    }
    tree_.roots = Merge(roots, 0);
    // Nodes are appended while this runs, each with its singles in members_.
    for (uint32_t node = 0; node < tree_.nodes.size(); ++node) {
      std::vector<uint32_t> children;
      for (const uint32_t member : members_[node]) {
        const std::vector<uint32_t>& more = singles_[member].children;
        children.insert(children.end(), more.begin(), more.end());
      }
      std::vector<uint32_t> merged = Merge(children, tree_.nodes[node].depth + 1);
      tree_.nodes[node].children = std::move(merged);
      members_[node] = {};
    }
    return std::move(tree_);
  }

 private:
  void AddAll() {
    singles_.reserve(snapshot_.goroutines.size());
    for (const Goroutine& goroutine : snapshot_.goroutines) {
      if (goroutine.kind == Kind::kThread) continue;
      const uint32_t at = Add(goroutine.id);
      singles_[at].goroutine = &goroutine;
      singles_[at].count = goroutine.count;
      tree_.has_ids = tree_.has_ids || goroutine.id != 0;
      tree_.has_parents = tree_.has_parents || goroutine.parent_id != 0;
    }
  }

  uint32_t Add(uint64_t id) {
    const auto at = static_cast<uint32_t>(singles_.size());
    singles_.push_back({.id = id, .parent = at});
    if (id != 0) by_id_.emplace(id, at);
    return at;
  }

  // Ids ascend in the order of creation, so a parent's is smaller. A dump that says otherwise is
  // damaged; following it could go round in circles.
  uint32_t ParentOf(uint64_t child, uint64_t parent, uint32_t none) {
    if (parent == 0 || parent >= child) return none;
    const auto known = by_id_.find(parent);
    return known != by_id_.end() ? known->second : Add(parent);
  }

  void FindParents() {
    const size_t alive = singles_.size();
    for (uint32_t i = 0; i < alive; ++i) {
      const Goroutine& goroutine = *singles_[i].goroutine;
      uint32_t at = ParentOf(goroutine.id, goroutine.parent_id, i);
      singles_[i].parent = at;
      // What is known of the parents of parents that have ended.
      for (const uint64_t ancestor : goroutine.ancestors) {
        Single& single = singles_[at];
        if (ancestor == single.id) continue;
        if (single.goroutine != nullptr || single.parent != at) break;
        const uint32_t above = ParentOf(single.id, ancestor, at);
        singles_[at].parent = above;
        if (above == at) break;
        at = above;
      }
    }
    for (uint32_t i = 0; i < singles_.size(); ++i) {
      if (singles_[i].parent != i) singles_[singles_[i].parent].children.push_back(i);
    }
  }

  // Children have the larger ids.
  std::vector<uint32_t> ChildrenFirst() const {
    std::vector<uint32_t> order(singles_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [this](uint32_t a, uint32_t b) { return singles_[a].id > singles_[b].id; });
    return order;
  }

  void Prune(const std::vector<uint32_t>& order) {
    if (filter_.empty()) return;
    const FilterOn on(filter_, snapshot_);
    for (const uint32_t at : order) {
      Single& single = singles_[at];
      std::erase_if(single.children, [this](uint32_t child) { return !singles_[child].kept; });
      single.kept =
          !single.children.empty() || (single.goroutine != nullptr && on.Keeps(*single.goroutine));
    }
  }

  void NumberLooks(const std::vector<uint32_t>& order) {
    using Own = std::tuple<analysis::Shape, analysis::Shape, std::string, std::string>;
    std::map<std::pair<Own, std::map<uint32_t, uint64_t>>, uint32_t> looks;
    for (const uint32_t at : order) {
      Single& single = singles_[at];
      Own own{kNoStack, kNoStack, "", "gone"};
      if (const Goroutine* goroutine = single.goroutine) {
        own = {shapes_.ByLine(goroutine->stack), shapes_.ByLine(goroutine->creation_stack),
               std::string(goroutine->status()), goroutine->status_flags};
      }
      std::map<uint32_t, uint64_t> below;
      for (const uint32_t child : single.children) {
        below[singles_[child].look] += singles_[child].count;
      }
      const auto next = static_cast<uint32_t>(looks.size());
      single.look = looks.try_emplace({std::move(own), std::move(below)}, next).first->second;
    }
  }

  // Makes one node of all singles that look alike; the nodes in the order of their first ids.
  std::vector<uint32_t> Merge(const std::vector<uint32_t>& singles, uint32_t depth) {
    std::map<uint32_t, std::vector<uint32_t>> by_look;
    for (const uint32_t single : singles) by_look[singles_[single].look].push_back(single);
    std::vector<std::pair<uint64_t, std::vector<uint32_t>>> alike;
    for (auto& [look, members] : by_look) {
      std::sort(members.begin(), members.end(),
                [this](uint32_t a, uint32_t b) { return singles_[a].id < singles_[b].id; });
      alike.emplace_back(singles_[members.front()].id, std::move(members));
    }
    std::sort(alike.begin(), alike.end());
    std::vector<uint32_t> nodes;
    for (auto& [first, members] : alike) {
      nodes.push_back(static_cast<uint32_t>(tree_.nodes.size()));
      CreationTree::Node& node = tree_.nodes.emplace_back();
      node.goroutine = singles_[members.front()].goroutine;
      node.depth = depth;
      for (const uint32_t member : members) {
        node.count += singles_[member].count;
        if (singles_[member].id != 0) node.ids.push_back(singles_[member].id);
      }
      members_.push_back(std::move(members));
    }
    return nodes;
  }

  const Snapshot& snapshot_;
  const Filter& filter_;
  const analysis::Shapes shapes_;
  std::vector<Single> singles_;
  std::unordered_map<uint64_t, uint32_t> by_id_;
  std::vector<std::vector<uint32_t>> members_;  // by node: its singles
  CreationTree tree_;
};

}  // namespace

CreationTree BuildCreationTree(const Snapshot& snapshot, const Filter& filter) {
  return TreeBuilder(snapshot, filter).Run();
}

}  // namespace muster::inspector
