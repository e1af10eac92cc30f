// Included by tsan.h in builds without TSan: the same interface, nothing behind it.
#ifndef MUSTER_RECORD_TSAN_OFF_H_
#define MUSTER_RECORD_TSAN_OFF_H_

#include <cstddef>
#include <cstdint>

namespace muster::tsan {

inline constexpr bool kEnabled = false;
inline void Initialize() {}
inline void* CreateFiber(uint64_t) { return nullptr; }
inline void* CreateFreshFiber(uint64_t) { return nullptr; }
inline void DestroyFiber(void*) {}
inline void SwitchTo(void*) {}
inline void* CurrentFiber() { return nullptr; }
inline void Acquire(const void*) {}
inline void Release(const void*) {}
inline void NoteRead(const void*, size_t) {}
inline void NoteWrite(const void*, size_t) {}
inline void ForgetRange(void*, size_t) {}

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
