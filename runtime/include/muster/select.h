// Select waits for the first of several channel operations, as Go's select does.
//
//   muster::Select(
//       muster::OnRecv(jobs, [&](std::optional<Job> job) { ... }),
//       muster::OnSend(results, 42, [&] { ... }),
//       muster::OnDefault([&] { ... }));
//
// One case is performed, chosen uniformly at random among those that are ready; with OnDefault it
// never waits. Select returns the index of the case, in the order given. Channel operands and
// values are evaluated once. A nil channel's case is never ready; Select() with no case blocks for
// ever ("select (no cases)"). Sending on a closed channel throws Panic, whichever case it is. The
// handler runs after the operation, outside all locks, and may block or throw.
#ifndef MUSTER_SELECT_H_
#define MUSTER_SELECT_H_

#include <array>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "muster/chan.h"

namespace muster {
namespace internal {

struct SelectCase {
  ChanCore* chan = nullptr;
  void* element = nullptr;  // send: the value; receive: raw storage
  bool is_send = false;
  bool received = false;  // receive: a value was constructed in `element`
};

// Performs one of the `count` cases and returns its index, or -1 when `has_default` and none was
// ready.
int RunSelect(SelectCase* cases, int count, bool has_default);

// A case's channel. A handle that outlives the select is only referred to: counting a reference
// costs more than the rest of a select that need not wait (one that waits counts its own).
class CaseChan {
 public:
  explicit CaseChan(const ChanRef& handle) noexcept : core_(handle.get()) {}
  explicit CaseChan(ChanRef&& handle) noexcept : owned_(std::move(handle)), core_(owned_.get()) {}
  ChanCore* get() const noexcept { return core_; }

 private:
  ChanRef owned_;
  ChanCore* core_;
};

template <typename T, typename Handler>
class RecvCase {
 public:
  static constexpr bool kIsDefault = false;
  RecvCase(CaseChan chan, Handler handler) : chan_(std::move(chan)), handler_(std::move(handler)) {}
  SelectCase Describe() {
    return {.chan = chan_.get(), .element = slot_.storage(), .is_send = false, .received = false};
  }
  void Finish(const SelectCase& done) {
    if (done.received) slot_.set_full();
    if constexpr (std::is_invocable_v<Handler&, std::optional<T>>) {
      handler_(done.received ? std::optional<T>(std::move(*slot_.value())) : std::nullopt);
    } else {
      handler_();
    }
  }

 private:
  CaseChan chan_;
  Handler handler_;
  RawSlot<T> slot_;
};

template <typename T, typename Handler>
class SendCase {
 public:
  static constexpr bool kIsDefault = false;
  SendCase(CaseChan chan, T value, Handler handler)
      : chan_(std::move(chan)), value_(std::move(value)), handler_(std::move(handler)) {}
  SelectCase Describe() {
    return {
        .chan = chan_.get(), .element = std::addressof(value_), .is_send = true, .received = false};
  }
  void Finish(const SelectCase&) { handler_(); }

 private:
  CaseChan chan_;
  T value_;
  Handler handler_;
};

template <typename Handler>
class DefaultCase {
 public:
  static constexpr bool kIsDefault = true;
  explicit DefaultCase(Handler handler) : handler_(std::move(handler)) {}
  void Finish() { handler_(); }

 private:
  Handler handler_;
};

struct DoNothing {
  void operator()() const noexcept {}
};

}  // namespace internal

// OnRecv receives from `chan`; `handler` takes std::optional<T> (nullopt: closed) or nothing. A
// handle given as an lvalue must outlive the case; a temporary one is taken over.
template <typename C, typename Handler = internal::DoNothing>
auto OnRecv(C&& chan, Handler handler = {}) {
  return internal::RecvCase<typename std::decay_t<C>::value_type, Handler>(
      internal::CaseChan(std::forward<C>(chan).ref()), std::move(handler));
}

// OnSend sends `value` on `chan`, a handle as for OnRecv. The value is consumed only if this case
// is performed; it is destroyed with the case otherwise.
template <typename C, typename V, typename Handler = internal::DoNothing>
auto OnSend(C&& chan, V&& value, Handler handler = {}) {
  using T = typename std::decay_t<C>::value_type;
  return internal::SendCase<T, Handler>(internal::CaseChan(std::forward<C>(chan).ref()),
                                        T(std::forward<V>(value)), std::move(handler));
}

// OnDefault is performed when no other case is ready.
template <typename Handler = internal::DoNothing>
auto OnDefault(Handler handler = {}) {
  return internal::DefaultCase<Handler>(std::move(handler));
}

namespace internal {

// One case and a default: a non-blocking operation, which has a fast path without locks.
inline bool TryCase(SelectCase* operation) {
  const TryResult result = operation->is_send ? ChanTrySend(operation->chan, operation->element)
                                              : ChanTryRecv(operation->chan, operation->element);
  operation->received = !operation->is_send && result == TryResult::kDone;
  return result != TryResult::kWouldBlock;
}

}  // namespace internal

template <typename... Cases>
int Select(Cases&&... cases) {
  constexpr int kDefaults = (0 + ... + (std::decay_t<Cases>::kIsDefault ? 1 : 0));
  static_assert(kDefaults <= 1, "a select has at most one default");
  constexpr int kOperations = static_cast<int>(sizeof...(Cases)) - kDefaults;
  std::array<internal::SelectCase, kOperations == 0 ? 1 : kOperations> operations;
  int filled = 0;
  [[maybe_unused]] auto describe = [&](auto& c) {
    if constexpr (!std::decay_t<decltype(c)>::kIsDefault) operations[filled++] = c.Describe();
  };
  (describe(cases), ...);
  int chosen = -1;
  if constexpr (kOperations == 1 && kDefaults == 1) {
    if (internal::TryCase(operations.data())) chosen = 0;
  } else {
    chosen = internal::RunSelect(operations.data(), kOperations, kDefaults == 1);
  }
  // Find the case that was performed: `chosen` counts operations only.
  int operation = 0, index = 0, result = -1;
  [[maybe_unused]] auto finish = [&](auto& c) {
    if constexpr (std::decay_t<decltype(c)>::kIsDefault) {
      if (chosen < 0) {
        result = index;
        c.Finish();
      }
    } else {
      if (operation++ == chosen) {
        result = index;
        c.Finish(operations[chosen]);
      }
    }
    ++index;
  };
  (finish(cases), ...);
  return result;
}

}  // namespace muster

#endif  // MUSTER_SELECT_H_
