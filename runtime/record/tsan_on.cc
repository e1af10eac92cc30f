// The parts of TSan's view that are worth a function; compiled in TSan builds only.
#include "runtime/record/tsan_on.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

#include "runtime/record/fiber_stacks.h"
#include "runtime/record/system_threads.h"
#include "runtime/sched/lock.h"

namespace muster::tsan {
namespace {

// It never acquires anything, so what it creates is ordered after nothing but the process's start.
Fiber g_root;

// TSan starts a background thread of its own with the program's first thread; it wakes nobody.
// Having it started before any other thread can exist is what makes it known.
__attribute__((constructor(101))) void MarkBackgroundThread() {
  pthread_t first;
  if (pthread_create(
          &first, nullptr, [](void*) -> void* { return nullptr; }, nullptr) != 0)
    return;
  pthread_join(first, nullptr);
  for (int32_t tid : record::AllThreads()) {
    if (tid != getpid()) record::AddSystemThread(tid);
  }
}

Fiber Named(const Fiber& fiber, uint64_t id) {
  char name[32];
  std::snprintf(name, sizeof(name), "goroutine %lu", static_cast<unsigned long>(id));
  __tsan_set_fiber_name(fiber.context, name);
  return fiber;
}

}  // namespace

void Initialize() { g_root = CreatePacked(); }

Fiber CreateFiber(uint64_t id) { return Named(CreatePacked(), id); }

Fiber CreateFreshFiber(uint64_t id) {
  // One thread at a time may be the root fiber.
  static sched::Lock lock;
  sched::LockGuard guard(lock);
  const Fiber self = CurrentFiber();
  SwitchTo(g_root);
  const Fiber fiber = CreatePacked();
  SwitchTo(self);
  return Named(fiber, id);
}

void DestroyFiber(const Fiber& fiber) { DestroyPacked(fiber); }

void ForgetRange(void* begin, size_t size) {
  // While a thread ignores accesses, TSan's mmap interceptor resets the shadow of the new mapping
  // instead of recording a write to it.
  const uintptr_t lo = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t hi = (lo + size) & ~uintptr_t{4095};
  const IgnoreScope ignore;
  if (mmap(begin, hi - lo, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED) {
    return;  // near vm.max_map_count: the next user may be said to race with the last, no worse
  }
  madvise(begin, hi - lo, MADV_NOHUGEPAGE);
}

}  // namespace muster::tsan
