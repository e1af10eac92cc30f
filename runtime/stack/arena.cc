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
#include "runtime/stack/valgrind.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102  // Linux 6.13: faults on access, makes no mapping of its own
#endif

namespace muster::stack {

namespace internal {
std::atomic<Arena*> g_arenas[kMaxArenas];
std::atomic<uint32_t> g_arena_count{0};

uintptr_t SlotG(uintptr_t slot) {
  static_assert(sizeof(sched::G) % alignof(sched::G) == 0 && kColorSize % alignof(sched::G) == 0);
  const uintptr_t color = (slot / kPageSize) % kColors;
  return slot + SlotSize() - sizeof(sched::G) - color * kColorSize;
}
}  // namespace internal

namespace {

using internal::Arena;

enum class Guard { kUnknown, kMadvise, kMprotect };

sched::Lock g_lock;  // guards which slots are handed out
// Both are set under g_lock before the first slot is handed out, so whoever has a slot sees them.
std::atomic<Guard> g_guard{Guard::kUnknown};
// How many guards may yet be made with mprotect. Each splits a mapping in two.
std::atomic<int64_t> g_mprotect_budget{0};
std::atomic<int64_t> g_unguarded{0};

// debug::SetMaxStack; read once, with the first stack.
std::atomic<size_t> g_max_stack{kLargestStackSize};

// MUSTER_STACK_SIZE.
size_t AskedStackSize() {
  const char* text = std::getenv("MUSTER_STACK_SIZE");
  if (text == nullptr || *text == '\0') return kDefaultStackSize;
  uint64_t size = 0;
  if (!absl::SimpleAtoi(text, &size) || size < kSmallestStackSize || size > kLargestStackSize) {
    std::fprintf(stderr,
                 "muster: MUSTER_STACK_SIZE=%s is not a number of bytes from %zu to %zu; ignored\n",
                 text, kSmallestStackSize, kLargestStackSize);
    return kDefaultStackSize;
  }
  return std::bit_ceil(size);
}

size_t ConfiguredSlotSize() {
  return std::min(AskedStackSize(), std::bit_floor(g_max_stack.load(std::memory_order_relaxed)));
}

int64_t MaxMapCount() {
  FILE* file = std::fopen("/proc/sys/vm/max_map_count", "re");
  if (file == nullptr) return 65530;  // the kernel's default
  long count = 65530;
  if (std::fscanf(file, "%ld", &count) != 1) count = 65530;
  std::fclose(file);
  return count;
}

// Finds out how guards are made here, by the first one; under g_lock.
void ChooseGuard(uintptr_t page) {
  // LeakSanitizer reads root regions by the process's map, where a MADV_GUARD page does not show.
  if (!asan::kEnabled &&
      madvise(reinterpret_cast<void*>(page), kPageSize, MADV_GUARD_INSTALL) == 0) {
    g_guard.store(Guard::kMadvise, std::memory_order_relaxed);
    return;
  }
  // Half of the limit on mappings is left to the program.
  g_mprotect_budget.store(MaxMapCount() / 4, std::memory_order_relaxed);
  g_guard.store(Guard::kMprotect, std::memory_order_relaxed);
}

// Guards the page at `page`; false when the slot has to do without.
bool InstallGuard(uintptr_t page) {
  void* address = reinterpret_cast<void*>(page);
  if (g_guard.load(std::memory_order_relaxed) == Guard::kMadvise) {
    return madvise(address, kPageSize, MADV_GUARD_INSTALL) == 0;
  }
  if (g_mprotect_budget.fetch_sub(1, std::memory_order_relaxed) > 0 &&
      mprotect(address, kPageSize, PROT_NONE) == 0) {
    return true;
  }
  g_mprotect_budget.fetch_add(1, std::memory_order_relaxed);
  return false;
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
  static const size_t size = ConfiguredSlotSize() + kPageSize;
  return size;
}

namespace {

// Hands out the next slots in a row, not yet guarded or made: their number and the lowest address.
int Reserve(int count, uintptr_t* lowest) {
  const size_t size = SlotSize();
  const auto slots = static_cast<uint32_t>(kArenaSize / size);
  sched::LockGuard guard(g_lock);
  const uint32_t arenas = internal::g_arena_count.load(std::memory_order_relaxed);
  Arena* arena =
      arenas == 0 ? nullptr : internal::g_arenas[arenas - 1].load(std::memory_order_relaxed);
  if (arena == nullptr || arena->used.load(std::memory_order_relaxed) == slots) arena = NewArena();
  const uint32_t used = arena->used.load(std::memory_order_relaxed);
  const uint32_t taken = std::min(static_cast<uint32_t>(count), slots - used);
  *lowest = arena->base + used * size;
  if (g_guard.load(std::memory_order_relaxed) == Guard::kUnknown) ChooseGuard(*lowest);
  arena->used.store(used + taken, std::memory_order_release);
  return static_cast<int>(taken);
}

}  // namespace

int NewSlots(sched::G** slots, int count) {
  static_assert(record::State{} == record::State::kIdle, "a slot reads as zeros until it is made");
  const size_t size = SlotSize();
  uintptr_t lowest = 0;
  count = Reserve(count, &lowest);
  // The kernel's work is done without the lock, and like calls in a row.
  for (int i = 0; i < count; ++i) {
    const uintptr_t slot = lowest + static_cast<size_t>(i) * size;
    if (!InstallGuard(slot)) g_unguarded.fetch_add(1, std::memory_order_relaxed);
  }
  for (int i = 0; i < count; ++i) {
    const uintptr_t slot = lowest + static_cast<size_t>(i) * size;
    slots[i] = new (reinterpret_cast<void*>(internal::SlotG(slot))) sched::G;
    slots[i]->stack_lo = slot + kPageSize;
    TellValgrindOfStack(slots[i]->stack_lo, TopOf(slots[i]));
  }
  return count;
}

sched::G* NewSlot() {
  sched::G* g = nullptr;
  NewSlots(&g, 1);
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
  switch (g_guard.load(std::memory_order_relaxed)) {
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

namespace muster::debug {

int64_t SetMaxStack(int64_t bytes) {
  if (bytes < static_cast<int64_t>(stack::kSmallestStackSize)) {
    throw Panic("debug.SetMaxStack: a stack has at least 16 KiB");
  }
  const size_t before =
      stack::g_max_stack.exchange(static_cast<size_t>(bytes), std::memory_order_relaxed);
  return static_cast<int64_t>(before);
}

}  // namespace muster::debug
