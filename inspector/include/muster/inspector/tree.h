// CreationTree: who created whom. Siblings that look alike, down to what they created themselves,
// are one node, so that a server with ten thousand connections has a tree that fits a screen.
#ifndef MUSTER_INSPECTOR_TREE_H_
#define MUSTER_INSPECTOR_TREE_H_

#include <cstdint>
#include <vector>

#include "muster/inspector/filter.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

struct CreationTree {
  struct Node {
    uint64_t count = 0;         // goroutines that this node stands for
    std::vector<uint64_t> ids;  // ascending; empty when the dump has none
    // One of them, in the snapshot; nullptr when they have ended and only what they created is
    // left.
    const Goroutine* goroutine = nullptr;
    std::vector<uint32_t> children;  // into `nodes`, in the order of their first ids
    uint32_t depth = 0;              // 0 for roots
  };
  // A node comes before its children. A tree may be as deep as there are goroutines: go through
  // it with a stack of your own.
  std::vector<Node> nodes;
  std::vector<uint32_t> roots;
  bool has_ids = false;      // false: the dump names no goroutines, and every node is a root
  bool has_parents = false;  // false: it does not say who created whom
};

// BuildCreationTree refers to `snapshot`, which must outlive it. Threads are left out. With a
// filter the tree has the goroutines that it keeps, and those that created them.
CreationTree BuildCreationTree(const Snapshot& snapshot, const Filter& filter = {});

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_TREE_H_
