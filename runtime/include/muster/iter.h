// iter::Seq is a sequence of values as a function that hands them to another one, as in Go's
// package iter; Pull turns it round, so that values are asked for one by one.
//
//   muster::iter::Seq<int> Countdown(int from) {
//     return muster::iter::Seq<int>([from](auto yield) {
//       for (int i = from; i > 0; --i) {
//         if (!yield(i)) return;
//       }
//     });
//   }
//
//   for (int i : Countdown(3)) ...                    // by Pull
//   Countdown(3)([](int i) { Use(i); return true; }); // by calls alone: 3 calls of the lambda
//
//   auto [next, stop] = muster::iter::Pull(Countdown(3));
//   while (std::optional<int> i = next()) ...
//   stop();
//
// The function must return once its yield has returned false. It may be used any number of times.
#ifndef MUSTER_ITER_H_
#define MUSTER_ITER_H_

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "muster/callback.h"
#include "muster/coroutine.h"

namespace muster::iter {

// Yield is what a sequence's function is given: it hands on one value (or pair), and says whether
// more are wanted. A view: it lives as long as the call that it was given to.
template <typename... Ts>
class Yield {
 public:
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Yield>)
      // NOLINTNEXTLINE(bugprone-forwarding-reference-overload)
      explicit Yield(F& f) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Ts... values) -> bool {
          return (*static_cast<F*>(object))(std::forward<Ts>(values)...);
        }) {}
  bool operator()(Ts... values) const { return call_(object_, std::forward<Ts>(values)...); }

 private:
  void* object_;
  bool (*call_)(void*, Ts...);
};

namespace internal {

// What a sequence is pulled as: the value itself, or a pair.
template <typename... Ts>
struct ElementOf {
  using type = std::pair<Ts...>;
};
template <typename T>
struct ElementOf<T> {
  using type = T;
};

// A sequence that is being pulled. It stops at its end.
template <typename... Ts>
class Pulled {
 public:
  using Element = typename ElementOf<Ts...>::type;

  explicit Pulled(std::function<void(Yield<Ts...>)> seq)
      : coroutine_(::muster::internal::Callback([this, seq = std::move(seq)] {
          const auto yield = [this](Ts... values) { return Take(std::forward<Ts>(values)...); };
          seq(Yield<Ts...>(yield));
        })) {}
  Pulled(const Pulled&) = delete;
  Pulled& operator=(const Pulled&) = delete;
  ~Pulled() { Stop(); }

  std::optional<Element> Next() {
    if (!coroutine_.Resume()) return std::nullopt;
    return std::exchange(value_, std::nullopt);
  }

  void Stop() {
    if (coroutine_.Abandon() || coroutine_.ended()) return;
    stopped_ = true;
    coroutine_.Resume();
  }

 private:
  bool Take(Ts... values) {
    if (stopped_) return false;
    value_.emplace(std::forward<Ts>(values)...);
    coroutine_.Yield();
    return !stopped_;
  }

  // Both of whoever has the turn.
  std::optional<Element> value_;
  bool stopped_ = false;
  ::muster::internal::Coroutine coroutine_;
};

}  // namespace internal

// An input iterator that pulls.
template <typename... Ts>
class SeqIterator {
 public:
  using Pulled = internal::Pulled<Ts...>;
  using value_type = typename Pulled::Element;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  using pointer = value_type*;
  using reference = value_type&;

  explicit SeqIterator(std::shared_ptr<Pulled> pulled) : pulled_(std::move(pulled)) { ++*this; }
  value_type& operator*() { return *current_; }
  SeqIterator& operator++() {
    // Not assigned: elements need not be assignable.
    current_.reset();
    if (std::optional<value_type> next = pulled_->Next()) current_.emplace(*std::move(next));
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const SeqIterator& it, std::default_sentinel_t) {
    return !it.current_.has_value();
  }

 private:
  std::shared_ptr<Pulled> pulled_;
  std::optional<value_type> current_;
};

// A handle: copies name the same function, if that is copied so.
template <typename... Ts>
class BasicSeq {
 public:
  explicit BasicSeq(std::function<void(Yield<Ts...>)> function) : function_(std::move(function)) {}

  // Calls `yield(value)` for each value, until it returns false. No goroutine is made.
  template <typename F>
  void operator()(F&& yield) const {
    function_(Yield<Ts...>(yield));
  }

  // Range-for pulls, and stops the sequence when the loop is left.
  SeqIterator<Ts...> begin() const {
    return SeqIterator<Ts...>(std::make_shared<internal::Pulled<Ts...>>(function_));
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  const std::function<void(Yield<Ts...>)>& function() const noexcept { return function_; }

 private:
  std::function<void(Yield<Ts...>)> function_;
};

template <typename T>
using Seq = BasicSeq<T>;
template <typename K, typename V>
using Seq2 = BasicSeq<K, V>;

// Next gives the next value, or nullopt at the end, from then on always. It waits ("coroutine") for
// the sequence's function, which runs in a goroutine of its own, but never at the same time as the
// caller. An exception that leaves the function is thrown by the call that it comes from; if the
// function ends by runtime::Goexit, so does the caller's goroutine.
template <typename... Ts>
class Next {
 public:
  explicit Next(std::shared_ptr<internal::Pulled<Ts...>> pulled) : pulled_(std::move(pulled)) {}
  std::optional<typename internal::Pulled<Ts...>::Element> operator()() const {
    return pulled_->Next();
  }

 private:
  std::shared_ptr<internal::Pulled<Ts...>> pulled_;
};

// Stop has the function's yield return false, and waits until the function has returned; what the
// function throws then, it throws. A function that has not begun never does. Further calls do
// nothing.
template <typename... Ts>
class Stop {
 public:
  explicit Stop(std::shared_ptr<internal::Pulled<Ts...>> pulled) : pulled_(std::move(pulled)) {}
  void operator()() const { pulled_->Stop(); }

 private:
  std::shared_ptr<internal::Pulled<Ts...>> pulled_;
};

template <typename... Ts>
struct PullResult {
  Next<Ts...> next;
  Stop<Ts...> stop;
};

// Pull (Go's Pull and Pull2) begins to pull: `auto [next, stop] = Pull(seq);`. Copies of both name
// the same pull. When the last one goes, that is a call of stop; a function that throws then ends
// the process. Not thread-safe: a call of either while another is under way throws Panic("iter:
// next or stop called by several goroutines at once"). They may be called from different goroutines
// one after the other, though.
template <typename... Ts>
PullResult<Ts...> Pull(const BasicSeq<Ts...>& seq) {
  auto pulled = std::make_shared<internal::Pulled<Ts...>>(seq.function());
  return {Next<Ts...>(pulled), Stop<Ts...>(pulled)};
}

}  // namespace muster::iter

#endif  // MUSTER_ITER_H_
