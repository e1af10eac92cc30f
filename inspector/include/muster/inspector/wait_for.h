// WaitFor: the graph of who waits for what, and who has it, for people to look at. Goroutines that
// look alike and wait for the same are one node; verdicts are Analyze's business.
#ifndef MUSTER_INSPECTOR_WAIT_FOR_H_
#define MUSTER_INSPECTOR_WAIT_FOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "muster/inspector/filter.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

struct WaitFor {
  struct Node {
    bool is_object = false;
    // Goroutines and threads.
    std::vector<uint64_t> ids = {};  // ascending; empty when the dump has none
    uint64_t count = 0;
    const Goroutine* goroutine = nullptr;  // one of them; nullptr for objects and for who has ended
    // Objects.
    uint64_t address = 0;  // 0: a nil channel
    ObjectKind kind = ObjectKind::kNone;
    const Resource* resource = nullptr;  // nullptr when nothing is recorded of it

    bool in_cycle = false;
  };
  // From who waits to what it waits for, and from there to who holds it.
  struct Edge {
    uint32_t from = 0;
    uint32_t to = 0;
    std::string what = {};  // "receive", "send", "lock", "read lock", "wait", "held by", "read by"
    StackId taken_at = kNoStack;  // of a holder: where it took the lock
    bool in_cycle = false;
  };
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  // Each cycle as its nodes in order: each waits for, or is held by, the next; the last by the
  // first.
  std::vector<std::vector<uint32_t>> cycles;
};

// BuildWaitFor refers to `snapshot`, which must outlive it. With a filter only the parts of the
// graph that hang together with a goroutine that it keeps are there. Timers and descriptors are
// left out: no goroutine has them.
WaitFor BuildWaitFor(const Snapshot& snapshot, const Filter& filter = {});

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_WAIT_FOR_H_
