// Included by asan.h in ASan builds only.
#ifndef MUSTER_SCHED_ASAN_ON_H_
#define MUSTER_SCHED_ASAN_ON_H_

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

#include <cstddef>

namespace muster::asan {

inline constexpr bool kEnabled = true;

// Before the switch: keep the fake stack of the one that leaves in `*save`; null `save`: it never
// comes back.
inline void StartSwitch(void** save, const void* bottom, size_t size) {
  __sanitizer_start_switch_fiber(save, bottom, size);
}
// After it, on the new stack, with what StartSwitch had saved for it.
inline void FinishSwitch(void* saved) { __sanitizer_finish_switch_fiber(saved, nullptr, nullptr); }
// A recycled stack must not keep the redzones of frames that never returned.
inline void Unpoison(const void* begin, size_t size) { __asan_unpoison_memory_region(begin, size); }
// Heap blocks that only a parked goroutine's stack points to are no leaks.
inline void RegisterRoots(const void* begin, size_t size) {
  __lsan_register_root_region(begin, size);
}

}  // namespace muster::asan

#endif  // MUSTER_SCHED_ASAN_ON_H_
