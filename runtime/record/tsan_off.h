// Included by tsan.h in builds without TSan: the same interface, nothing behind it.
#ifndef MUSTER_RECORD_TSAN_OFF_H_
#define MUSTER_RECORD_TSAN_OFF_H_

#include <cstddef>
#include <cstdint>

namespace muster::tsan {

inline constexpr bool kEnabled = false;
inline void Initialize() {}
struct Fiber {};
inline Fiber CreateFiber(uint64_t) { return {}; }
inline Fiber CreateFreshFiber(uint64_t) { return {}; }
inline void DestroyFiber(const Fiber&) {}
inline void SwitchTo(const Fiber&) {}
inline Fiber CurrentFiber() { return {}; }
inline void RequireRoom() {}
inline void Acquire(const void*) {}
inline void Release(const void*) {}
inline void NoteRead(const void*, size_t) {}
inline void NoteWrite(const void*, size_t) {}
inline void ForgetStack(void*, size_t) {}

class CallScope {
 public:
  explicit CallScope(const void*) {}
  ~CallScope() {}
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
};

class IgnoreScope {
 public:
  IgnoreScope() {}  // not defaulted, so that an unused scope is no warning
  ~IgnoreScope() {}
  IgnoreScope(const IgnoreScope&) = delete;
  IgnoreScope& operator=(const IgnoreScope&) = delete;
};

}  // namespace muster::tsan

#endif  // MUSTER_RECORD_TSAN_OFF_H_
