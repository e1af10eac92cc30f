// What the stacks cost, as runtime::ReadStackStats tells.
#include <algorithm>
#include <cstdio>

#include "muster/runtime.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/residency.h"
#include "runtime/stack/scavenger.h"

namespace muster::runtime {
namespace {

// The kernel counts page tables per process; 0 where /proc does not tell.
int64_t PageTableBytes() {
  FILE* file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) return 0;
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "VmPTE: %ld kB", &kib) == 1) break;
  }
  std::fclose(file);
  return int64_t{kib} * 1024;
}

// How much of the run lies in slots of goroutines that have ended.
int64_t BytesInFreeSlots(const stack::internal::Arena& arena, const stack::PageRun& run) {
  const size_t size = stack::SlotSize();
  int64_t bytes = 0;
  for (uintptr_t at = run.begin; at < run.end;) {
    const uintptr_t slot = arena.base + (at - arena.base) / size * size;
    const uintptr_t end = std::min(run.end, slot + size);
    const auto* g = reinterpret_cast<const sched::G*>(stack::internal::SlotG(slot));
    if (g->state.load(std::memory_order_relaxed) == record::State::kDead) {
      bytes += static_cast<int64_t>(end - at);
    }
    at = end;
  }
  return bytes;
}

}  // namespace

StackStats ReadStackStats() {
  StackStats stats;
  stack::Residency residency;
  const auto slot_size = static_cast<int64_t>(stack::SlotSize());
  int64_t used_slots = 0;
  const uint32_t arenas = stack::internal::g_arena_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < arenas; ++i) {
    // Acquire: pairs with the release in which the arena was made known.
    const auto* arena = stack::internal::g_arenas[i].load(std::memory_order_acquire);
    const uint32_t used = arena->used.load(std::memory_order_acquire);
    used_slots += used;
    residency.ForEachRun(arena->base, arena->base + used * stack::SlotSize(),
                         [&](const stack::PageRun& run) {
                           stats.bytes_resident += static_cast<int64_t>(run.end - run.begin);
                           stats.bytes_cached += BytesInFreeSlots(*arena, run);
                         });
  }
  stats.slots_reserved = arenas * (static_cast<int64_t>(stack::kArenaSize) / slot_size);
  stats.slots_in_use = std::clamp<int64_t>(sched::LiveGoroutines(), 0, used_slots);
  stats.slots_free = used_slots - stats.slots_in_use;
  stats.slots_unguarded = stack::UnguardedSlots();
  stats.bytes_reserved = arenas * static_cast<int64_t>(stack::kArenaSize);
  stats.bytes_given_back =
      static_cast<int64_t>(stack::PagesGivenBack() * uint64_t{stack::kPageSize});
  stats.page_table_bytes = PageTableBytes();
  stats.longest_hold_ns = stack::LongestScavengeHold();
  return stats;
}

}  // namespace muster::runtime
