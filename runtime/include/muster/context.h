// Contexts carry a cancellation signal, a deadline and values down a tree of calls and goroutines,
// as Go's package context does.
//
//   auto [ctx, cancel] = muster::context::WithTimeout(parent, absl::Seconds(2));
//   muster::Go([ctx] { Work(ctx); });
//   ...
//   cancel();
//
// A Context is a handle; copies name the same context. As in Go, dropping handles or cancel
// functions cancels nothing: call the cancel function when the work is over, or its timer and what
// it holds stay until the deadline. A context that nobody holds any more leaves its parent's list
// by itself.
//
// Memory model: what comes before a cancellation happens before any return of Err that reports it,
// any receive from Done(), and any function that AfterFunc then starts.
#ifndef MUSTER_CONTEXT_H_
#define MUSTER_CONTEXT_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/callback.h"
#include "muster/chan.h"

namespace muster::context {

// Unit is the element of Done(): nothing is ever sent there.
struct Unit {};

namespace internal {

// The part of a node that Done() looks at without a call.
struct NodeHead {
  // The handle that Done() gives, once somebody has asked for it. Release: publishes the handle.
  std::atomic<const RecvChan<Unit>*> done{nullptr};
};
struct Node;  // is a NodeHead
void Retain(NodeHead* node) noexcept;
void Release(NodeHead* node) noexcept;

// A counted reference to a context's node; null is the background.
class NodeRef {
 public:
  NodeRef() noexcept = default;
  explicit NodeRef(NodeHead* adopted) noexcept : head_(adopted) {}
  NodeRef(const NodeRef& other) noexcept : head_(other.head_) {
    if (head_ != nullptr) Retain(head_);
  }
  NodeRef(NodeRef&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  NodeRef& operator=(NodeRef other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~NodeRef() {
    if (head_ != nullptr) Release(head_);
  }
  const NodeHead* head() const noexcept { return head_; }
  Node* get() const noexcept;

 private:
  NodeHead* head_ = nullptr;
};

}  // namespace internal

// A Key names a value of type T in contexts; it is known by its address, so declare it once, at
// namespace scope or as a static member:
//   constinit const muster::context::Key<User> kUser("user");
template <typename T>
class Key {
 public:
  constexpr explicit Key(std::string_view name = "") noexcept : name_(name) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  std::string_view name() const noexcept { return name_; }

 private:
  std::string_view name_;
};

class Context {
 public:
  // The background context.
  Context() noexcept = default;

  // Done is closed when this context is cancelled; it is nil for contexts that cannot be. The
  // handle lives as long as this context does; copy it to keep it longer.
  const RecvChan<Unit>& Done() const& {
    const internal::NodeHead* head = node_.head();
    const RecvChan<Unit>* done =
        head == nullptr ? nullptr : head->done.load(std::memory_order_acquire);
    return done != nullptr ? *done : FirstDone();
  }
  RecvChan<Unit> Done() && { return static_cast<const Context&>(*this).Done(); }

  // Err is OK until Done is closed. Then it is CANCELLED "context canceled" or DEADLINE_EXCEEDED
  // "context deadline exceeded", and stays so. It is set before Done is closed.
  absl::Status Err() const;

  // Deadline is the time at which this context will be cancelled at the latest, if there is one.
  std::optional<absl::Time> Deadline() const;

  // Value finds the innermost value set for `key`; nullptr if there is none. It lives as long as
  // this context does.
  template <typename T>
  const T* Value(const Key<T>& key) const {
    return static_cast<const T*>(FindValue(&key));
  }

  // Contexts are equal when they are the same one.
  friend bool operator==(const Context& a, const Context& b) noexcept {
    return a.node_.head() == b.node_.head();
  }

  explicit Context(internal::NodeRef node) noexcept : node_(std::move(node)) {}
  internal::Node* node() const noexcept;

 private:
  const RecvChan<Unit>& FirstDone() const;
  const void* FindValue(const void* key) const;
  internal::NodeRef node_;
};

// CancelFunc cancels its context with CANCELLED. Calls after the first do nothing; when any call
// has returned, the context and all its children are cancelled. Copyable; never blocks for long.
class CancelFunc {
 public:
  CancelFunc() noexcept = default;
  explicit CancelFunc(Context ctx) noexcept : ctx_(std::move(ctx)) {}
  void operator()() const;

 private:
  Context ctx_;
};

// CancelCauseFunc also says why: Cause(ctx) then returns `cause`. An OK cause means Err's own.
class CancelCauseFunc {
 public:
  CancelCauseFunc() noexcept = default;
  explicit CancelCauseFunc(Context ctx) noexcept : ctx_(std::move(ctx)) {}
  void operator()(const absl::Status& cause) const;

 private:
  Context ctx_;
};

struct Cancellable {
  Context ctx;
  CancelFunc cancel;
};

struct CancellableWithCause {
  Context ctx;
  CancelCauseFunc cancel;
};

// Background is never cancelled, has no deadline and no values: the root of all contexts.
Context Background() noexcept;
// TODO is the background, for a reader: which context belongs here is not yet clear.
Context TODO() noexcept;

// A copy of `parent` that is cancelled by the returned function or together with `parent`.
Cancellable WithCancel(const Context& parent);
CancellableWithCause WithCancelCause(const Context& parent);

// ... and when `deadline` comes, if that is before the parent's own.
Cancellable WithDeadline(const Context& parent, absl::Time deadline);
Cancellable WithDeadlineCause(const Context& parent, absl::Time deadline,
                              const absl::Status& cause);
// ... and after `timeout`.
Cancellable WithTimeout(const Context& parent, absl::Duration timeout);
Cancellable WithTimeoutCause(const Context& parent, absl::Duration timeout,
                             const absl::Status& cause);

// A copy of `parent` that is not cancelled with it and has no deadline, but has its values.
Context WithoutCancel(const Context& parent);

namespace internal {
Context AddValue(const Context& parent, const void* key, void* value, void (*destroy)(void*));
}  // namespace internal

// A copy of `parent` in which `key` has `value`.
template <typename T>
Context WithValue(const Context& parent, const Key<T>& key, std::type_identity_t<T> value) {
  auto owned = std::make_unique<T>(std::move(value));
  Context result = internal::AddValue(parent, &key, owned.get(),
                                      [](void* object) { delete static_cast<T*>(object); });
  owned.release();
  return result;
}

// Cause is why `ctx` was cancelled: what was given to the cancel function, or Err. OK while live.
absl::Status Cause(const Context& ctx);

// StopFunc dissociates a function from its context. True: it will not run. False: it has been
// started in its goroutine, or had been stopped. It does not wait for the function to end.
class StopFunc {
 public:
  StopFunc() noexcept = default;
  StopFunc(Context ctx, internal::NodeRef node) noexcept
      : ctx_(std::move(ctx)), node_(std::move(node)) {}
  bool operator()() const;

 private:
  Context ctx_;
  internal::NodeRef node_;
};

namespace internal {
StopFunc AddAfterFunc(const Context& ctx, ::muster::internal::Callback callback);
}  // namespace internal

// AfterFunc calls `f()` in a goroutine of its own when `ctx` is cancelled (at once if it is).
// Dropping the returned function stops nothing.
template <typename F>
StopFunc AfterFunc(const Context& ctx, F&& f) {
  return internal::AddAfterFunc(ctx, ::muster::internal::Callback(std::forward<F>(f)));
}

}  // namespace muster::context

#endif  // MUSTER_CONTEXT_H_
