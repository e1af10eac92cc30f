// Included by tsan.h in TSan builds only.
#ifndef MUSTER_RECORD_TSAN_ON_H_
#define MUSTER_RECORD_TSAN_ON_H_

#include <cstddef>
#include <cstdint>

extern "C" {
void* __tsan_get_current_fiber(void);
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_set_fiber_name(void* fiber, const char* name);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void __tsan_read_range(void* address, unsigned long size);
void __tsan_write_range(void* address, unsigned long size);
void __tsan_func_entry(void* caller);
void __tsan_func_exit(void);
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}

namespace muster::tsan {

inline constexpr bool kEnabled = true;

// TSan's view of one goroutine, or of a scheduler's thread.
struct Fiber {
  void* context = nullptr;
  void* place = nullptr;  // of its shadow stack; see fiber_stacks.h
};

// Makes the root fiber, whose clock is empty but for what the caller has done. Once, before all
// else.
void Initialize();
// A fiber that inherits the caller's clock (the spawn edge), named "goroutine ID".
Fiber CreateFiber(uint64_t id);
// A fiber that inherits nothing: for goroutines that timers start.
Fiber CreateFreshFiber(uint64_t id);
void DestroyFiber(const Fiber& fiber);
// Call it immediately before the stack switch. Makes no edge (no_sync).
inline void SwitchTo(const Fiber& fiber) { __tsan_switch_to_fiber(fiber.context, 1); }
inline Fiber CurrentFiber() { return {__tsan_get_current_fiber(), nullptr}; }
// Throws muster::Panic, which names the limit, if a goroutine more would bring the process too near
// to vm.max_map_count: at that limit TSan ends the process in the middle of anything. The mappings
// are counted seldom, the more often the nearer it is.
void RequireRoom();

// Everything released to `address` so far happens before what the caller does next.
inline void Acquire(const void* address) { __tsan_acquire(const_cast<void*>(address)); }
// Everything that the caller has done happens before a later Acquire of `address`; earlier releases
// are kept (a merge).
inline void Release(const void* address) { __tsan_release(const_cast<void*>(address)); }

// The caller has read or written users' memory there: what the kernel does for it, TSan cannot see.
inline void NoteRead(const void* begin, size_t size) {
  __tsan_read_range(const_cast<void*>(begin), size);
}
inline void NoteWrite(const void* begin, size_t size) {
  __tsan_write_range(const_cast<void*>(begin), size);
}

// Puts the call at return address `caller` on TSan's stack for its scope: TSan does not see the
// calls of code that it does not instrument, and so not which line called the runtime.
class CallScope {
 public:
  explicit CallScope(const void* caller) { __tsan_func_entry(const_cast<void*>(caller)); }
  ~CallScope() { __tsan_func_exit(); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
};

// Within its scope TSan sees neither the memory accesses nor the locks of the calling goroutine:
// for the runtime's calls into libc and libunwind, which are instrumented by interceptors whatever
// the runtime's own flags. The scope must not park.
class IgnoreScope {
 public:
  IgnoreScope() { __tsan_ignore_thread_begin(); }
  ~IgnoreScope() { __tsan_ignore_thread_end(); }
  IgnoreScope(const IgnoreScope&) = delete;
  IgnoreScope& operator=(const IgnoreScope&) = delete;
};

// Forgets all accesses to a recycled stack, so that its next user is not said to race with the
// last. What the stack holds is lost.
void ForgetStack(void* begin, size_t size);

}  // namespace muster::tsan

#endif  // MUSTER_RECORD_TSAN_ON_H_
