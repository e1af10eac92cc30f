// The life of context nodes: linking, cancelling, dropping.
#include <algorithm>
#include <memory>
#include <utility>

#include "muster/go.h"
#include "muster/runtime.h"
#include "runtime/chan/chan_core.h"
#include "runtime/record/tsan.h"
#include "runtime/time/context_node.h"

namespace muster::context::internal {
namespace {

// How deep NeededBelow looks before it says yes.
constexpr int kMaxPruneDepth = 64;

// Where cancelled nodes wait to be dealt with, first come first.
struct Worklist {
  CancelNode* first = nullptr;
  CancelNode** end = &first;
  void Add(CancelNode* node) {
    node->work_next = nullptr;
    *end = node;
    end = &node->work_next;
  }
};

bool IsCancelNode(const Node* node) {
  return node->kind == Node::Kind::kCancel || node->kind == Node::Kind::kAfterFunc;
}

// Fails when the last reference is gone: then the one that dropped it is about to take the lock.
bool TryRetain(Node* node) {
  uint32_t references = node->references.load(std::memory_order_relaxed);
  do {
    if (references == 0) return false;
  } while (!node->references.compare_exchange_weak(references, references + 1,
                                                   std::memory_order_relaxed));
  return true;
}

// ---- the list of children, under the parent's lock

void LinkLocked(CancelNode* parent, CancelNode* child, bool orphan) {
  child->linked = true;
  child->orphan = orphan;
  child->previous = nullptr;
  child->next = parent->children;
  if (parent->children != nullptr) parent->children->previous = child;
  parent->children = child;
  if (orphan) ++parent->orphan_count;
}

void UnlinkLocked(CancelNode* parent, CancelNode* child) {
  if (child->previous != nullptr) {
    child->previous->next = child->next;
  } else {
    parent->children = child->next;
  }
  if (child->next != nullptr) child->next->previous = child->previous;
  child->linked = false;
  if (child->orphan) --parent->orphan_count;
}

// Somebody else has a handle of Done(), or is parked there with a handle that is gone by now.
bool DoneIsShared(const CancelNode* node) {
  const ::muster::internal::ChanCore* done = node->DoneChan();
  return done != nullptr &&
         (done->references.load(std::memory_order_acquire) > 1 || !done->receivers.Empty());
}

// Whether the cancellation of a node that nobody holds would make a difference to anybody. The
// caller holds the lock above it.
bool Needed(CancelNode* node, int depth = 0) {
  if (node->kind == Node::Kind::kAfterFunc || DoneIsShared(node)) return true;
  if (depth == kMaxPruneDepth) return true;
  const sched::LockGuard guard(node->lock);
  for (CancelNode* child = node->children; child != nullptr; child = child->next) {
    if (Needed(child, depth + 1)) return true;
  }
  return false;
}

// Takes out the orphans whose channels have been dropped since. A prune costs no more than the
// orphans added since the last one paid for.
void PruneLocked(CancelNode* parent, Worklist* dropped) {
  if (parent->orphan_count < parent->prune_at) return;
  for (CancelNode* child = parent->children; child != nullptr;) {
    CancelNode* next = child->next;
    if (child->orphan && !Needed(child)) {
      UnlinkLocked(parent, child);
      child->cancel_parent = nullptr;
      dropped->Add(child);
    }
    child = next;
  }
  parent->prune_at = std::max(CancelNode::kFirstPrune, 2 * parent->orphan_count);
}

void ReleaseAll(const Worklist& list) {
  for (CancelNode* node = list.first; node != nullptr;) {
    CancelNode* next = node->work_next;
    Release(node);
    node = next;
  }
}

// ---- dropping

enum class Fate { kDestroy, kBecomesOrphan, kCancelFirst };

// What to do with a node whose last reference is gone. `*upward` becomes the reference that it
// gives up: an orphan may be cancelled and destroyed by others as soon as the lock is free.
Fate Leave(CancelNode* node, Node** upward) {
  *upward = node->parent;
  // A cancelled node is on no list any more, and its cancel_parent may be gone.
  if (node->phase.load(std::memory_order_acquire) != CancelNode::kLive) return Fate::kDestroy;
  CancelNode* parent = node->cancel_parent;
  if (parent == nullptr) return Fate::kDestroy;
  const sched::LockGuard guard(parent->lock);
  if (!Needed(node)) {
    if (node->linked) UnlinkLocked(parent, node);
    return Fate::kDestroy;
  }
  // Under the lock nobody else sees the count rise from zero.
  node->references.store(1, std::memory_order_relaxed);
  // Not linked: the parent was cancelled and could no longer get hold of this child.
  if (!node->linked) return Fate::kCancelFirst;
  node->parent = nullptr;
  node->orphan = true;
  ++parent->orphan_count;
  return Fate::kBecomesOrphan;
}

// Destroys a node; its orphans go on the list.
void Destroy(Node* node, Worklist* orphans) {
  if (!IsCancelNode(node)) {
    if (node->destroy != nullptr) node->destroy(node->value);
    delete node;
    return;
  }
  auto* const cancel = static_cast<CancelNode*>(node);
  while (CancelNode* child = cancel->children) {
    // Only orphans are left: any other child holds a reference.
    UnlinkLocked(cancel, child);
    child->cancel_parent = nullptr;
    orphans->Add(child);
  }
  delete cancel;
}

// Drops one reference; returns the node to go on with, which has lost one too, or null.
Node* ReleaseOne(Node* node, Worklist* orphans) {
  // The last one destroys what the others have used; release and acquire order that.
  tsan::Release(&node->references);
  if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return nullptr;
  tsan::Acquire(&node->references);
  Node* upward = node->parent;
  Fate fate = Fate::kDestroy;
  if (IsCancelNode(node)) fate = Leave(static_cast<CancelNode*>(node), &upward);
  if (fate == Fate::kCancelFirst) {
    auto* const cancel = static_cast<CancelNode*>(node);
    const CancelNode* parent = cancel->cancel_parent;
    tsan::Acquire(parent);
    Cancel(cancel, parent->err, parent->cause);
    return node;
  }
  if (fate == Fate::kDestroy) Destroy(node, orphans);
  return upward;
}

// ---- cancelling

// Decides the outcome of a node, if it is open, and makes it known. The children come off the list.
bool Begin(CancelNode* node, const absl::Status* err, const absl::Status& cause,
           Worklist* children) {
  if (node->kind == Node::Kind::kAfterFunc) {
    node->phase.store(CancelNode::kCancelled, std::memory_order_relaxed);
    StartAfterFunc(node);
    return true;
  }
  std::optional<time::Timer> timer;
  ::muster::internal::ChanCore* done = nullptr;
  {
    const sched::LockGuard guard(node->lock);
    if (node->phase.load(std::memory_order_relaxed) != CancelNode::kLive) return false;
    node->err = err;
    node->cause = cause;
    tsan::Release(node);
    // Release: whoever sees the phase sees the outcome.
    node->phase.store(CancelNode::kCancelling, std::memory_order_release);
    while (CancelNode* child = node->children) {
      UnlinkLocked(node, child);
      if (child->orphan || TryRetain(child)) children->Add(child);
    }
    done = node->DoneChan();
    std::swap(timer, node->timer);
  }
  if (done != nullptr) ::muster::internal::ChanClose(done);
  if (timer) time::internal::StopAnywhere(*timer);
  return true;
}

void WaitUntilCancelled(const CancelNode* node) {
  // Acquire pairs with the release in Cancel. Another goroutine is a few instructions from the end.
  while (node->phase.load(std::memory_order_acquire) != CancelNode::kCancelled) {
    runtime::Gosched();
  }
}

}  // namespace

Node::Node(Kind what, Node* above) : kind(what), parent(above) {
  if (parent != nullptr) Retain(parent);
}

void Retain(NodeHead* node) noexcept {
  static_cast<Node*>(node)->references.fetch_add(1, std::memory_order_relaxed);
}

void Release(NodeHead* head) noexcept {
  Node* node = static_cast<Node*>(head);
  Worklist orphans;
  for (;;) {
    while (node != nullptr) node = ReleaseOne(node, &orphans);
    if (orphans.first == nullptr) return;
    CancelNode* orphan = orphans.first;
    orphans.first = orphan->work_next;
    if (orphans.first == nullptr) orphans.end = &orphans.first;
    node = orphan;
  }
}

CancelNode* FindCancel(Node* node) {
  while (node != nullptr && node->kind == Node::Kind::kValue) node = node->parent;
  if (node == nullptr || node->kind == Node::Kind::kWithoutCancel) return nullptr;
  return static_cast<CancelNode*>(node);
}

void Link(CancelNode* child, CancelNode* parent, bool orphan) {
  if (parent == nullptr) return;
  Worklist dropped;
  bool live = false;
  {
    const sched::LockGuard guard(parent->lock);
    live = parent->phase.load(std::memory_order_relaxed) == CancelNode::kLive;
    if (live) {
      PruneLocked(parent, &dropped);
      child->cancel_parent = parent;
      LinkLocked(parent, child, orphan);
    }
  }
  ReleaseAll(dropped);
  if (live) return;
  tsan::Acquire(parent);
  Cancel(child, parent->err, parent->cause);
  if (orphan) Release(child);
}

void Unlink(CancelNode* child) {
  CancelNode* parent = child->cancel_parent;
  if (parent == nullptr) return;
  bool owned = false;
  {
    const sched::LockGuard guard(parent->lock);
    if (!child->linked) return;
    owned = child->orphan;
    UnlinkLocked(parent, child);
    child->cancel_parent = nullptr;
  }
  if (owned) Release(child);
}

void Cancel(CancelNode* root, const absl::Status* err, const absl::Status& cause) {
  Worklist below;
  if (!Begin(root, err, cause, &below)) {
    WaitUntilCancelled(root);
    return;
  }
  Unlink(root);
  for (CancelNode* node = below.first; node != nullptr; node = node->work_next) {
    node->mine = Begin(node, err, cause, &below);
  }
  // Some nodes below may be in the hands of others. Those wait only for nodes further below, and
  // none of these is in our hands, for then we had begun the node that we wait for; so this ends.
  // Nothing of ours counts as cancelled before: whoever waits for it relies on all below being
  // cancelled, too.
  for (CancelNode* node = below.first; node != nullptr; node = node->work_next) {
    if (!node->mine) WaitUntilCancelled(node);
  }
  // Release pairs with WaitUntilCancelled.
  root->phase.store(CancelNode::kCancelled, std::memory_order_release);
  for (CancelNode* node = below.first; node != nullptr; node = node->work_next) {
    if (node->mine) node->phase.store(CancelNode::kCancelled, std::memory_order_release);
  }
  ReleaseAll(below);
}

void StartAfterFunc(CancelNode* node) {
  if (node->decided.exchange(true, std::memory_order_acq_rel)) return;
  // Owned by whoever runs it at last: a goroutine that cannot be had must not lose the function.
  auto* callback = new ::muster::internal::Callback(std::exchange(node->after, {}));
  auto run = [callback] {
    tsan::Acquire(callback->object());  // from AddAfterFunc
    const std::unique_ptr<::muster::internal::Callback> owned(callback);
    (*owned)();
  };
  try {
    Go(run);
  } catch (const Panic&) {
    time::AfterFunc(absl::Milliseconds(10), run);  // which tries until there is one
  }
}

}  // namespace muster::context::internal
