// Node: what the handles of one context share; and the tree by which cancellation spreads.
//
// Two structures lie over one another. Upwards, `parent`: every node counts a reference to the one
// that it was derived from, for values and to keep that alive. Downwards, `children`: every node
// that can be cancelled lists those to be cancelled with it, by plain pointers. A child that nobody
// holds any more unlinks itself.
//
// Nobody holds the child, yet somebody may still wait on its Done channel, or a function is to run
// when it is cancelled. Such a node is an *orphan*: its parent's list owns the one reference to it,
// and it gives up its own upward reference, so there is no cycle. (Nobody can ask it for values any
// more.) Functions of AfterFunc are orphans from the start.
//
// Locks: CancelNode::lock guards the node's outcome, its list of children, and in each child the
// fields that say so. A lock is taken before those below it in the tree. Under a lock nothing is
// destroyed, closed or called.
#ifndef MUSTER_TIME_CONTEXT_NODE_H_
#define MUSTER_TIME_CONTEXT_NODE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/callback.h"
#include "muster/chan.h"
#include "muster/context.h"
#include "muster/time.h"
#include "runtime/sched/lock.h"

namespace muster::context::internal {

struct Node : NodeHead {
  enum class Kind : uint8_t { kValue, kWithoutCancel, kCancel, kAfterFunc };

  const Kind kind;
  std::atomic<uint32_t> references{1};
  Node* parent = nullptr;  // counted; null: the background
  // kValue only.
  const void* key = nullptr;
  void* value = nullptr;
  void (*destroy)(void*) = nullptr;

  // `above` is retained.
  Node(Kind what, Node* above);
};

// A kCancel or kAfterFunc node.
struct CancelNode : Node {
  enum Phase : uint32_t { kLive, kCancelling, kCancelled };
  // kCancelling: the outcome is decided, the children are still being cancelled.
  std::atomic<uint32_t> phase{kLive};
  // The channel of Done(), made when first asked for: written once, under the lock, before `done`
  // points to it.
  RecvChan<Unit> done_handle;

  // Null while nobody has asked for it.
  ::muster::internal::ChanCore* DoneChan() const {
    const RecvChan<Unit>* handle = done.load(std::memory_order_acquire);
    return handle == nullptr ? nullptr : handle->ref().get();
  }
  std::optional<absl::Time> deadline;  // the effective one; never changes
  ::muster::internal::Callback after;  // kAfterFunc: owned by whoever sets `decided`
  std::atomic<bool> decided{false};    // kAfterFunc: started or stopped

  sched::Lock lock;
  // Guarded by lock; the outcome does not change once the phase is not kLive.
  const absl::Status* err = nullptr;
  absl::Status cause;
  std::optional<time::Timer> timer;  // of the deadline; it holds a reference until it is stopped
  CancelNode* children = nullptr;
  size_t orphan_count = 0;
  size_t prune_at = kFirstPrune;

  // Guarded by the lock of cancel_parent. That one is alive while this node is linked (see above),
  // and while this node is live and has a parent chain.
  CancelNode* cancel_parent = nullptr;
  CancelNode* previous = nullptr;
  CancelNode* next = nullptr;
  bool linked = false;
  bool orphan = false;
  // Of the one that took it off a list: its worklist.
  CancelNode* work_next = nullptr;
  bool mine = false;

  static constexpr size_t kFirstPrune = 16;

  CancelNode(Kind what, Node* above) : Node(what, above) {}
};

inline Node* NodeRef::get() const noexcept { return static_cast<Node*>(head_); }

// The nearest node, from `node` upwards, whose cancellation is the cancellation of `node`.
CancelNode* FindCancel(Node* node);

// Makes `child` be cancelled with `parent` (null: with nothing), at once if that is so already.
// `orphan`: the list takes over the caller's reference.
void Link(CancelNode* child, CancelNode* parent, bool orphan);
// Takes `child` off its parent's list, if it is there; what the list owned is released.
void Unlink(CancelNode* child);

// Cancels a node and everything below it; returns when that is so, whoever did it. `err` lives for
// ever. The caller holds a reference.
void Cancel(CancelNode* node, const absl::Status* err, const absl::Status& cause);

// Starts an after-function, unless that or its opposite has been decided.
void StartAfterFunc(CancelNode* node);

const absl::Status* CanceledError();
const absl::Status* DeadlineError();

}  // namespace muster::context::internal

#endif  // MUSTER_TIME_CONTEXT_NODE_H_
