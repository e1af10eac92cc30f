// Callback: a function object that timers and contexts keep until its time has come.
#ifndef MUSTER_CALLBACK_H_
#define MUSTER_CALLBACK_H_

#include <type_traits>
#include <utility>

namespace muster::internal {

// Callback owns one callable, of which it asks only that it can be moved. It is built, run and
// destroyed by functions that are compiled with the user's code, so that sanitizers see them.
class Callback {
 public:
  Callback() noexcept = default;
  // The constraint keeps it out of the way of the moves below, which clang-tidy does not see.
  template <typename F>
  requires(!std::is_same_v<std::decay_t<F>, Callback>)
      // NOLINTNEXTLINE(bugprone-forwarding-reference-overload)
      explicit Callback(F&& f)
      : object_(new std::decay_t<F>(std::forward<F>(f))),
        run_([](void* object) { (*static_cast<std::decay_t<F>*>(object))(); }),
        destroy_([](void* object) { delete static_cast<std::decay_t<F>*>(object); }) {}
  Callback(Callback&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)),
        run_(other.run_),
        destroy_(other.destroy_) {}
  Callback& operator=(Callback other) noexcept {
    std::swap(object_, other.object_);
    std::swap(run_, other.run_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }
  ~Callback() {
    if (object_ != nullptr) destroy_(object_);
  }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  void operator()() const { run_(object_); }
  // The same through all moves: what TSan's edges to the call may be tied to.
  const void* object() const noexcept { return object_; }

 private:
  void* object_ = nullptr;
  void (*run_)(void*) = nullptr;
  void (*destroy_)(void*) = nullptr;
};

}  // namespace muster::internal

#endif  // MUSTER_CALLBACK_H_
