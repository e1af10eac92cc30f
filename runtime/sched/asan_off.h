// Included by asan.h in builds without ASan: the same interface, nothing behind it.
#ifndef MUSTER_SCHED_ASAN_OFF_H_
#define MUSTER_SCHED_ASAN_OFF_H_

#include <cstddef>

namespace muster::asan {

inline constexpr bool kEnabled = false;
inline void StartSwitch(void**, const void*, size_t) {}
inline void FinishSwitch(void*) {}
inline void Unpoison(const void*, size_t) {}
inline void RegisterRoots(const void*, size_t) {}

}  // namespace muster::asan

#endif  // MUSTER_SCHED_ASAN_OFF_H_
