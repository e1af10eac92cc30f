// Arenas: where goroutines' stacks come from.
//
// An arena is 64 MiB of address space, cut into slots of one stack each (256 KiB unless
// MUSTER_STACK_SIZE says otherwise), committed by the kernel page by page. From low to high
// addresses a slot is a guard page, the stack, and at its very top the goroutine's control block.
// Slots are never unmapped: a dead goroutine's slot waits in a free list, its top page hot. So the
// arenas are also the registry of all goroutines: whoever walks the slots in use sees every G there
// ever was.
//
// From slot to slot it is one page more than a power of two. All that one goroutine uses lies in
// its slot's last page, and a TLB finds its entries by the lowest bits of a page's number: at a
// distance of 64 pages, a thousand goroutines would share the few entries of one or two of its
// sets. (A ring of 1000 took 55.7 us per revolution then, and takes 50.6.)
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
inline constexpr size_t kLargestStackSize = kArenaSize / 2;
inline constexpr size_t kPageSize = 4096;
inline constexpr size_t kMaxArenas = 1 << 18;  // 16 TiB of stacks

// NewSlots carves up to `count` fresh slots, guarded, with a dead G in each, and returns how many:
// at least one, fewer than asked for only at the end of an arena. A run of 8 or more costs a fifth
// less per slot than single ones, as the kernel does the like calls of a run one after the other
// (measured: 1950 ns against 2400); it commits one page each. Throws Panic when the address space
// or the number of mappings is exhausted; it says which limit.
int NewSlots(sched::G** slots, int count);
sched::G* NewSlot();

// The distance from slot to slot: a stack, its control block included, and its guard.
size_t SlotSize();

// Where the stack of `g` ends, and its closure is put: right below the control block. Under TSan a
// page boundary, since whole pages are forgotten when a stack is recycled.
inline uintptr_t TopOf(const sched::G* g) {
  const auto address = reinterpret_cast<uintptr_t>(g);
  return tsan::kEnabled ? address & ~(kPageSize - 1) : address;
}

// The guard page that `address` lies in belongs to the returned G; nullptr if it is in none.
sched::G* GuardOwner(uintptr_t address);

// The control blocks of all goroutines would lie at the same place of their pages, and so compete
// for the same few lines of the CPU's first cache, which goes by the place in the page. So they are
// staggered, by the slot's number, over this many lines.
inline constexpr size_t kColors = 16;
inline constexpr size_t kColorSize = 64;

// How guards are made here: "MADV_GUARD_INSTALL" or "mprotect"; "none" before the first slot.
const char* GuardKind();
// Slots that have no guard since the limit on mappings was near.
int64_t UnguardedSlots();

namespace internal {
struct Arena {
  uintptr_t base = 0;
  // Slots handed out so far. Release: publishes the arena. A slot whose G is only just being made
  // reads as zeros: State::kIdle.
  std::atomic<uint32_t> used{0};
};
extern std::atomic<Arena*> g_arenas[kMaxArenas];
extern std::atomic<uint32_t> g_arena_count;
uintptr_t SlotG(uintptr_t slot);
}  // namespace internal

// ForEachSlot calls visit(G*) for every slot ever used. The visitor must go by the state word, and
// leave alone what is idle or dead.
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
