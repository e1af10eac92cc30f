// errgroup::Group runs goroutines that work on parts of one task and may fail, as Go's
// golang.org/x/sync/errgroup does.
//
//   auto [group, ctx] = muster::errgroup::WithContext(parent);
//   for (const std::string& url : urls) {
//     group.Go([&, ctx] { return Fetch(ctx, url); });
//   }
//   absl::Status status = group.Wait();
//
// An exception that leaves a function is not passed on to Wait: it ends the process at once, with
// the stack of the throw, as in any goroutine (panic.h). A function that ends by runtime::Goexit
// counts as ended without an error.
//
// Lifetime: a group must outlive its goroutines, so call Wait before it goes; once that has
// returned, none of them touches the group any more.
//
// Memory model: what comes before Go happens before the function runs; the end of each function
// happens before the return of Wait. Functions are not ordered among themselves, except that with a
// limit the end of one happens before the start of the one that takes its place.
#ifndef MUSTER_ERRGROUP_H_
#define MUSTER_ERRGROUP_H_

#include <cstddef>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "muster/chan.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/sync.h"

namespace muster::errgroup {

// A Group by itself has no limit and cancels nothing. Thread-safe, except for SetLimit.
class Group {
 public:
  Group() = default;
  // A group that cancels its context; WithContext makes one.
  explicit Group(context::CancelCauseFunc cancel) : cancel_(std::move(cancel)) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Go calls `f()`, which returns an absl::Status, in a new goroutine. It waits ("chan send") while
  // as many as the limit are active; with a limit of 0 for ever. The first error cancels the
  // group's context, with the error as its cause, and is what Wait returns. Throws what muster::Go
  // and the moving of `f` throw; the function then does not count.
  template <typename F>
  void Go(F&& f) {
    if (active_) active_.Send(Token{});
    Start(std::forward<F>(f));
  }

  // TryGo is Go if that needs no waiting. False: it did nothing.
  template <typename F>
  bool TryGo(F&& f) {
    if (active_ && !active_.TrySend(Token{})) return false;
    Start(std::forward<F>(f));
    return true;
  }

  // Wait waits until all functions have ended ("sync.WaitGroup.Wait"), cancels the group's context,
  // and returns the first error, or OK.
  absl::Status Wait() {
    group_.Wait();
    cancel_(error_);
    return error_;
  }

  // SetLimit lets at most `n` be active at a time; a negative `n` means any number. Not to be
  // called at the same time as anything else. Throws Panic("errgroup: modify limit while ...
  // goroutines in the group are still active") if there was a limit and some are.
  void SetLimit(int n) {
    if (n < 0) {
      active_ = {};
      return;
    }
    if (active_.Len() != 0) {
      throw Panic(absl::StrCat("errgroup: modify limit while ", active_.Len(),
                               " goroutines in the group are still active"));
    }
    active_ = MakeChan<Token>(static_cast<size_t>(n));
  }

 private:
  struct Token {};
  struct DoneAtEnd {
    Group* group;
    ~DoneAtEnd() { group->Done(); }
  };

  template <typename F>
  void Start(F&& f) {
    static_assert(std::is_same_v<std::invoke_result_t<std::decay_t<F>&>, absl::Status>,
                  "a group's functions return absl::Status");
    group_.Add(1);
    try {
      ::muster::Go([this, f = std::forward<F>(f)]() mutable {
        const DoneAtEnd done{this};
        const absl::Status status = f();
        if (!status.ok()) Fail(status);
      });
    } catch (...) {
      Done();
      throw;
    }
  }

  void Fail(const absl::Status& status) {
    first_.Do([&] {
      error_ = status;
      cancel_(status);
    });
  }

  // The token first: after the last Done the group may be gone.
  void Done() {
    if (active_) active_.Recv();
    group_.Done();
  }

  context::CancelCauseFunc cancel_;  // of no context: does nothing
  WaitGroup group_;
  Chan<Token> active_;  // holds a token for each that is active; nil without a limit
  Once first_;
  absl::Status error_;
};

struct GroupWithContext {
  Group group;
  context::Context ctx;
};

// WithContext makes a group and a context derived from `parent`, which is cancelled by the first
// error, or when Wait returns.
inline GroupWithContext WithContext(const context::Context& parent) {
  context::CancellableWithCause child = context::WithCancelCause(parent);
  return GroupWithContext{Group(std::move(child.cancel)), std::move(child.ctx)};
}

}  // namespace muster::errgroup

#endif  // MUSTER_ERRGROUP_H_
