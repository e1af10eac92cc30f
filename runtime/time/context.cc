// Contexts as users see them.
#include "muster/context.h"

#include <utility>

#include "runtime/record/tsan.h"
#include "runtime/time/context_node.h"

namespace muster::context {
namespace internal {

// Neither is ever freed: their copies may be used until the process ends.
const absl::Status* CanceledError() {
  static const auto* const error = new absl::Status(absl::CancelledError("context canceled"));
  return error;
}

const absl::Status* DeadlineError() {
  static const auto* const error =
      new absl::Status(absl::DeadlineExceededError("context deadline exceeded"));
  return error;
}

Context AddValue(const Context& parent, const void* key, void* value, void (*destroy)(void*)) {
  auto* node = new Node(Node::Kind::kValue, parent.node());
  node->key = key;
  node->value = value;
  node->destroy = destroy;
  return Context(NodeRef(node));
}

StopFunc AddAfterFunc(const Context& ctx, ::muster::internal::Callback callback) {
  auto* node = new CancelNode(Node::Kind::kAfterFunc, nullptr);
  node->after = std::move(callback);
  StopFunc stop(ctx, NodeRef(node));
  Retain(node);  // for the list
  CancelNode* parent = FindCancel(ctx.node());
  if (parent == nullptr) {
    Release(node);  // it will never be cancelled
  } else {
    // What its owner did before happens before the function, whoever starts it: StartAfterFunc.
    tsan::Release(node->after.object());
    Link(node, parent, /*orphan=*/true);
  }
  return stop;
}

}  // namespace internal

namespace {

using internal::CancelNode;
using internal::FindCancel;
using internal::Node;
using internal::NodeRef;

// The node whose outcome is this context's, if it has one already; null while live.
CancelNode* FindCancelled(const Context& ctx) {
  CancelNode* node = FindCancel(ctx.node());
  // Acquire pairs with the release in Cancel: the outcome is there to be read.
  if (node == nullptr || node->phase.load(std::memory_order_acquire) == CancelNode::kLive) {
    return nullptr;
  }
  tsan::Acquire(node);
  return node;
}

Context NewCancelContext(const Context& parent, std::optional<absl::Time> deadline) {
  auto* node = new CancelNode(Node::Kind::kCancel, parent.node());
  Context ctx{NodeRef(node)};
  CancelNode* above = FindCancel(parent.node());
  node->deadline = above == nullptr ? std::nullopt : above->deadline;
  if (deadline && (!node->deadline || *deadline < *node->deadline)) node->deadline = deadline;
  internal::Link(node, above, /*orphan=*/false);
  return ctx;
}

void CancelWith(const Context& ctx, const absl::Status* err, const absl::Status& cause) {
  if (ctx.node() == nullptr) return;
  // abseil is not compiled with TSan, which therefore does not see that the last copy of a status
  // frees what earlier ones used. One copy that stays keeps it from being freed.
  if (tsan::kEnabled && !cause.ok()) new absl::Status(cause);
  internal::Cancel(static_cast<CancelNode*>(ctx.node()), err, cause.ok() ? *err : cause);
}

Cancellable WithTimer(const Context& parent, absl::Time deadline, absl::Duration timeout,
                      const absl::Status& cause) {
  Context ctx = NewCancelContext(parent, deadline);
  auto* node = static_cast<CancelNode*>(ctx.node());
  Cancellable result{ctx, CancelFunc(ctx)};
  if (*node->deadline < deadline || timeout == absl::InfiniteDuration()) return result;
  if (timeout <= absl::ZeroDuration()) {
    CancelWith(ctx, internal::DeadlineError(), cause);
    return result;
  }
  time::Timer timer =
      time::AfterFunc(timeout, [ctx, cause] { CancelWith(ctx, internal::DeadlineError(), cause); });
  bool live = false;
  {
    const sched::LockGuard guard(node->lock);
    live = node->phase.load(std::memory_order_relaxed) == CancelNode::kLive;
    if (live) node->timer = timer;
  }
  if (!live) timer.Stop();
  return result;
}

}  // namespace

namespace {

// Makes the channel of Done(), unless another caller is quicker.
void MakeDone(CancelNode* node) {
  const Chan<Unit> fresh = MakeChan<Unit>();
  for (bool closed = false;; closed = true) {
    {
      const sched::LockGuard guard(node->lock);
      if (node->DoneChan() != nullptr) return;
      const bool live = node->phase.load(std::memory_order_relaxed) == CancelNode::kLive;
      if (live || closed) {
        node->done_handle = fresh;
        node->done.store(&node->done_handle, std::memory_order_release);
        return;
      }
    }
    // Too late for whoever cancelled to close it.
    tsan::Acquire(node);
    fresh.Close();
  }
}

}  // namespace

const RecvChan<Unit>& Context::FirstDone() const {
  static const RecvChan<Unit> never;
  CancelNode* cancel = FindCancel(node_.get());
  if (cancel == nullptr) return never;
  if (cancel->DoneChan() == nullptr) MakeDone(cancel);
  // A node of values gives its ancestor's, which it keeps alive.
  node_.get()->done.store(&cancel->done_handle, std::memory_order_release);
  return cancel->done_handle;
}

internal::Node* Context::node() const noexcept { return node_.get(); }

absl::Status Context::Err() const {
  const CancelNode* node = FindCancelled(*this);
  return node == nullptr ? absl::OkStatus() : *node->err;
}

std::optional<absl::Time> Context::Deadline() const {
  const CancelNode* node = FindCancel(node_.get());
  return node == nullptr ? std::nullopt : node->deadline;
}

const void* Context::FindValue(const void* key) const {
  for (const Node* node = node_.get(); node != nullptr; node = node->parent) {
    if (node->kind == Node::Kind::kValue && node->key == key) return node->value;
  }
  return nullptr;
}

void CancelFunc::operator()() const {
  CancelWith(ctx_, internal::CanceledError(), absl::OkStatus());
}

void CancelCauseFunc::operator()(const absl::Status& cause) const {
  CancelWith(ctx_, internal::CanceledError(), cause);
}

Context Background() noexcept { return {}; }
Context TODO() noexcept { return {}; }

Cancellable WithCancel(const Context& parent) {
  Context ctx = NewCancelContext(parent, std::nullopt);
  return {ctx, CancelFunc(ctx)};
}

CancellableWithCause WithCancelCause(const Context& parent) {
  Context ctx = NewCancelContext(parent, std::nullopt);
  return {ctx, CancelCauseFunc(ctx)};
}

Cancellable WithDeadline(const Context& parent, absl::Time deadline) {
  return WithDeadlineCause(parent, deadline, absl::OkStatus());
}

Cancellable WithDeadlineCause(const Context& parent, absl::Time deadline,
                              const absl::Status& cause) {
  return WithTimer(parent, deadline, deadline - time::Now(), cause);
}

Cancellable WithTimeout(const Context& parent, absl::Duration timeout) {
  return WithTimeoutCause(parent, timeout, absl::OkStatus());
}

Cancellable WithTimeoutCause(const Context& parent, absl::Duration timeout,
                             const absl::Status& cause) {
  return WithTimer(parent, time::Now() + timeout, timeout, cause);
}

Context WithoutCancel(const Context& parent) {
  return Context(NodeRef(new Node(Node::Kind::kWithoutCancel, parent.node())));
}

absl::Status Cause(const Context& ctx) {
  const CancelNode* node = FindCancelled(ctx);
  return node == nullptr ? absl::OkStatus() : node->cause;
}

bool StopFunc::operator()() const {
  auto* const node = static_cast<CancelNode*>(node_.get());
  if (node == nullptr || node->decided.exchange(true, std::memory_order_acq_rel)) return false;
  internal::Unlink(node);
  // Destroyed here, outside all locks.
  const ::muster::internal::Callback stopped = std::exchange(node->after, {});
  return true;
}

}  // namespace muster::context
