// The parts of TSan's view that are worth a function; compiled in TSan builds only.
#include "runtime/record/tsan_on.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

#include "runtime/record/fiber_stacks.h"
#include "runtime/record/system_threads.h"
#include "runtime/sched/lock.h"
#include "runtime/stack/arena.h"

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

// Of a stack's pages, the first that may have been written to. What is swapped out does not count
// as resident, so where something can be, all pages do.
uintptr_t LowestUsed(uintptr_t begin, uintptr_t end) {
  static const bool all_count = [] {
    struct sysinfo info = {};
    return sysinfo(&info) != 0 || info.totalswap != 0;
  }();
  constexpr size_t kMostPages = 1024;
  unsigned char resident[kMostPages];
  const size_t pages = (end - begin) / stack::kPageSize;
  if (all_count || pages > kMostPages ||
      mincore(reinterpret_cast<void*>(begin), end - begin, resident) != 0) {
    return begin;
  }
  size_t first = 0;
  while (first < pages && (resident[first] & 1) == 0) ++first;
  return begin + first * stack::kPageSize;
}

// MAP_STACK does what MADV_NOHUGEPAGE does since Linux 6.7, and nothing before.
bool StackFlagForbidsHugePages() {
  static const bool does = [] {
    utsname kernel = {};
    int major = 0;
    int minor = 0;
    return uname(&kernel) == 0 && std::sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 7));
  }();
  return does;
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

void ForgetStack(void* begin, size_t size) {
  // While a thread ignores accesses, TSan's mmap interceptor resets the shadow of the new mapping
  // instead of recording a write to it. Up to 64 KiB it does so by writing; more is mapped anew,
  // which costs four times as much.
  const uintptr_t end = (reinterpret_cast<uintptr_t>(begin) + size) & ~(stack::kPageSize - 1);
  const IgnoreScope ignore;
  const uintptr_t used = LowestUsed(reinterpret_cast<uintptr_t>(begin), end);
  if (used == end) return;
  void* const range = reinterpret_cast<void*>(used);
  if (mmap(range, end - used, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_FIXED, -1,
           0) == MAP_FAILED) {
    return;  // near vm.max_map_count: the next user may be said to race with the last, no worse
  }
  if (!StackFlagForbidsHugePages()) madvise(range, end - used, MADV_NOHUGEPAGE);
}

}  // namespace muster::tsan
