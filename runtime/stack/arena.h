// Arenas: where goroutines' stacks come from.
//
// An arena is 64 MiB of address space, cut into slots of one stack each (256 KiB unless
// MUSTER_STACK_SIZE says otherwise), committed by the kernel page by page. From low to high
// addresses a slot is a guard page, the stack, and at its very top the goroutine's control block.
// Slots are never unmapped: a dead goroutine's slot waits in a free list, its top page hot. So the
// arenas are also the registry of all goroutines: whoever walks the slots in use sees every G there
// ever was.
//
// Huge pages are refused, since one would commit 8 stacks at a touch.
#ifndef MUSTER_STACK_ARENA_H_
#define MUSTER_STACK_ARENA_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/record/tsan.h"
#include "runtime/sched/g.h"

namespace muster::stack {

inline constexpr size_t kArenaSize = size_t{64} << 20;
inline constexpr size_t kDefaultStackSize = size_t{256} << 10;
inline constexpr size_t kSmallestStackSize = size_t{16} << 10;
inline constexpr size_t kPageSize = 4096;
inline constexpr size_t kMaxArenas = 1 << 18;  // 16 TiB of stacks

// NewSlot carves a fresh slot, guarded, with a dead G in it. Throws Panic when the address space or
// the number of mappings is exhausted; it says which limit.
sched::G* NewSlot();

// The size of every slot, guard and control block included.
size_t SlotSize();

// Where the stack of `g` ends, and its closure is put: right below the control block. Under TSan a
// page boundary, since whole pages are forgotten when a stack is recycled.
inline uintptr_t TopOf(const sched::G* g) {
  const auto address = reinterpret_cast<uintptr_t>(g);
  return tsan::kEnabled ? address & ~(kPageSize - 1) : address;
}

// The guard page that `address` lies in belongs to the returned G; nullptr if it is in none.
sched::G* GuardOwner(uintptr_t address);

// How guards are made here: "MADV_GUARD_INSTALL" or "mprotect"; "none" before the first slot.
const char* GuardKind();
// Slots that have no guard since the limit on mappings was near.
int64_t UnguardedSlots();

namespace internal {
struct Arena {
  uintptr_t base = 0;
  std::atomic<uint32_t> used{0};  // slots in use so far; release publishes their Gs
};
extern std::atomic<Arena*> g_arenas[kMaxArenas];
extern std::atomic<uint32_t> g_arena_count;
uintptr_t SlotG(uintptr_t slot);
}  // namespace internal

// ForEachSlot calls visit(G*) for every slot ever used. The visitor must go by the state word.
template <typename Visit>
void ForEachSlot(Visit visit) {
  const uint32_t arenas = internal::g_arena_count.load(std::memory_order_acquire);
  const size_t slot_size = SlotSize();
  for (uint32_t i = 0; i < arenas; ++i) {
    internal::Arena* arena = internal::g_arenas[i].load(std::memory_order_acquire);
    const uint32_t used = arena->used.load(std::memory_order_acquire);
    for (uint32_t j = 0; j < used; ++j) {
      visit(reinterpret_cast<sched::G*>(internal::SlotG(arena->base + j * slot_size)));
    }
  }
}

}  // namespace muster::stack

#endif  // MUSTER_STACK_ARENA_H_
