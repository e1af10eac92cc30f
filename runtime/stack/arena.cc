#include "runtime/stack/arena.h"

#include <errno.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "muster/panic.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/lock.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102  // Linux 6.13: faults on access, makes no mapping of its own
#endif

namespace muster::stack {

namespace internal {
std::atomic<Arena*> g_arenas[kMaxArenas];
std::atomic<uint32_t> g_arena_count{0};

uintptr_t SlotG(uintptr_t slot) {
  const uintptr_t color = (slot / SlotSize()) % 16 * 64;
  return (slot + SlotSize() - sizeof(sched::G) - color) & ~(uintptr_t{alignof(sched::G)} - 1);
}
}  // namespace internal

namespace {

using internal::Arena;

enum class Guard { kUnknown, kMadvise, kMprotect };

sched::Lock g_lock;
Guard g_guard = Guard::kUnknown;  // guarded by g_lock
int64_t g_mprotect_budget = 0;    // guarded by g_lock
std::atomic<int64_t> g_unguarded{0};

size_t ConfiguredSlotSize() {
  const char* text = std::getenv("MUSTER_STACK_SIZE");
  if (text == nullptr || *text == '\0') return kDefaultStackSize;
  uint64_t size = 0;
  if (!absl::SimpleAtoi(text, &size) || size < kSmallestStackSize || size > kArenaSize) {
    std::fprintf(stderr,
                 "muster: MUSTER_STACK_SIZE=%s is not a number of bytes from %zu to %zu; ignored\n",
                 text, kSmallestStackSize, kArenaSize);
    return kDefaultStackSize;
  }
  return std::bit_ceil(size);
}

int64_t MaxMapCount() {
  FILE* file = std::fopen("/proc/sys/vm/max_map_count", "re");
  if (file == nullptr) return 65530;  // the kernel's default
  long count = 65530;
  if (std::fscanf(file, "%ld", &count) != 1) count = 65530;
  std::fclose(file);
  return count;
}

// Guards the page at `page`; false when the slot has to do without.
bool InstallGuard(uintptr_t page) {
  void* address = reinterpret_cast<void*>(page);
  // LeakSanitizer reads root regions by the process's map, where a MADV_GUARD page does not show.
  if (g_guard == Guard::kUnknown && !asan::kEnabled &&
      madvise(address, kPageSize, MADV_GUARD_INSTALL) == 0) {
    g_guard = Guard::kMadvise;
    return true;
  }
  if (g_guard == Guard::kUnknown) {
    g_guard = Guard::kMprotect;
    // Each such guard splits a mapping in two. Half of the limit is left to the program.
    g_mprotect_budget = MaxMapCount() / 4;
  }
  if (g_guard == Guard::kMadvise) return madvise(address, kPageSize, MADV_GUARD_INSTALL) == 0;
  if (g_mprotect_budget <= 0 || mprotect(address, kPageSize, PROT_NONE) != 0) return false;
  --g_mprotect_budget;
  return true;
}

Arena* NewArena() {
  const uint32_t count = internal::g_arena_count.load(std::memory_order_relaxed);
  if (count == kMaxArenas) {
    throw Panic(
        absl::StrCat("out of goroutine stacks: ", kMaxArenas, " arenas of 64 MiB are in use"));
  }
  void* base = mmap(nullptr, kArenaSize, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    throw Panic(absl::StrCat(
        "out of goroutine stacks: mmap of 64 MiB failed with errno ", errno, " after ", count,
        " arenas (limits: ulimit -v, vm.max_map_count=", MaxMapCount(), ", vm.overcommit_memory)"));
  }
  madvise(base, kArenaSize, MADV_NOHUGEPAGE);
  asan::RegisterRoots(base, kArenaSize);
  Arena* arena = new Arena;
  arena->base = reinterpret_cast<uintptr_t>(base);
  internal::g_arenas[count].store(arena, std::memory_order_release);
  internal::g_arena_count.store(count + 1, std::memory_order_release);
  return arena;
}

}  // namespace

size_t SlotSize() {
  static const size_t size = ConfiguredSlotSize();
  return size;
}

sched::G* NewSlot() {
  const size_t size = SlotSize();
  sched::LockGuard guard(g_lock);
  const uint32_t count = internal::g_arena_count.load(std::memory_order_relaxed);
  Arena* arena =
      count == 0 ? nullptr : internal::g_arenas[count - 1].load(std::memory_order_relaxed);
  if (arena == nullptr || arena->used.load(std::memory_order_relaxed) == kArenaSize / size) {
    arena = NewArena();
  }
  const uint32_t index = arena->used.load(std::memory_order_relaxed);
  const uintptr_t slot = arena->base + index * size;
  if (!InstallGuard(slot)) g_unguarded.fetch_add(1, std::memory_order_relaxed);
  sched::G* g = new (reinterpret_cast<void*>(internal::SlotG(slot))) sched::G;
  g->stack_lo = slot + kPageSize;
  arena->used.store(index + 1, std::memory_order_release);
  return g;
}

sched::G* GuardOwner(uintptr_t address) {
  const uint32_t arenas = internal::g_arena_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < arenas; ++i) {
    const Arena* arena = internal::g_arenas[i].load(std::memory_order_acquire);
    if (address < arena->base || address >= arena->base + kArenaSize) continue;
    const uintptr_t slot = arena->base + (address - arena->base) / SlotSize() * SlotSize();
    if (address - slot >= kPageSize) return nullptr;
    return reinterpret_cast<sched::G*>(internal::SlotG(slot));
  }
  return nullptr;
}

const char* GuardKind() {
  sched::LockGuard guard(g_lock);
  switch (g_guard) {
    case Guard::kMadvise:
      return "MADV_GUARD_INSTALL";
    case Guard::kMprotect:
      return "mprotect";
    case Guard::kUnknown:
      break;
  }
  return "none";
}

int64_t UnguardedSlots() { return g_unguarded.load(std::memory_order_relaxed); }

}  // namespace muster::stack
