// OnceFunc, OnceValue and OnceValues make a function of which only the first call does anything.
//
//   const auto config = muster::OnceValue([] { return ReadConfig(); });
//   Use(config());
//
// What they return is a handle: copies share the one call, and any number of goroutines may call
// it at the same time. A call waits ("sync.Once.Do") for the first to end. If the function throws,
// every call throws that same exception. The function is destroyed once it has been called.
//
// A function that ends by runtime::Goexit ends the goroutine that called it; every later call
// throws Panic("sync: the function of OnceFunc called runtime.Goexit").
//
// Memory model: the end of the function happens before the return of every call.
#ifndef MUSTER_ONCE_FUNC_H_
#define MUSTER_ONCE_FUNC_H_

#include <cxxabi.h>

#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "muster/panic.h"
#include "muster/sync.h"

namespace muster {
namespace internal {

// The one call: the function until it has been called, then how that ended.
template <typename F>
class OnceCall {
 public:
  using Result = std::invoke_result_t<F&>;
  using Kept = std::conditional_t<std::is_void_v<Result>, std::monostate, std::decay_t<Result>>;

  template <typename G>
  explicit OnceCall(G&& f) : f_(std::in_place, std::forward<G>(f)) {}

  const Kept& Get() {
    once_.Do([this] { Call(); });
    if (exception_ != nullptr) std::rethrow_exception(exception_);
    if (!kept_) throw Panic("sync: the function of OnceFunc called runtime.Goexit");
    return *kept_;
  }

 private:
  // The function goes however it ends.
  struct DropAtEnd {
    std::optional<F>* f;
    ~DropAtEnd() { f->reset(); }
  };

  void Call() {
    const DropAtEnd drop{&f_};
    try {
      if constexpr (std::is_void_v<Result>) {
        (*f_)();
        kept_.emplace();
      } else {
        kept_.emplace((*f_)());
      }
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      exception_ = std::current_exception();
    }
  }

  Once once_;
  std::optional<F> f_;
  std::optional<Kept> kept_;
  std::exception_ptr exception_;
};

template <typename T>
concept TupleLike = requires {
  std::tuple_size<std::decay_t<T>>::value;
};

}  // namespace internal

// OnceFunc: the first call of what it returns calls `f()`.
template <typename F>
requires std::is_void_v < std::invoke_result_t < std::decay_t<F>
& >> auto OnceFunc(F&& f) {
  return [call = std::make_shared<internal::OnceCall<std::decay_t<F>>>(std::forward<F>(f))] {
    call->Get();
  };
}

// OnceValue: every call of what it returns gives a copy of what the one call of `f()` returned.
template <typename F>
requires(!std::is_void_v<std::invoke_result_t<std::decay_t<F>&>>) auto OnceValue(F&& f) {
  using Call = internal::OnceCall<std::decay_t<F>>;
  return [call = std::make_shared<Call>(std::forward<F>(f))]() ->
         typename Call::Kept { return call->Get(); };
}

// OnceValues is OnceValue for a function that returns a pair or tuple.
template <typename F>
requires internal::TupleLike < std::invoke_result_t < std::decay_t<F>
& >> auto OnceValues(F&& f) { return OnceValue(std::forward<F>(f)); }

}  // namespace muster

#endif  // MUSTER_ONCE_FUNC_H_
