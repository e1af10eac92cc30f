#include "muster/mem_stats.h"

#include <malloc.h>

#include <cstdio>

#include "muster/runtime.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"

namespace muster::runtime {
namespace {

void ReadHeap(MemStats* stats) {
  const struct mallinfo2 info = mallinfo2();
  // What is large is mapped by itself, and in use.
  stats->heap_alloc = stats->heap_inuse = info.uordblks + info.hblkhd;
  stats->heap_idle = info.fordblks;
  stats->heap_released = info.keepcost;
  stats->heap_sys = info.arena + info.hblkhd;
}

void ReadProcess(MemStats* stats) {
  FILE* file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) return;
  char line[256];
  unsigned long kib = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "VmSize: %lu kB", &kib) == 1) stats->sys = uint64_t{kib} * 1024;
    if (std::sscanf(line, "VmRSS: %lu kB", &kib) == 1) stats->resident = uint64_t{kib} * 1024;
  }
  std::fclose(file);
}

void ReadStacks(MemStats* stats) {
  const StackStats stacks = ReadStackStats();
  stats->stacks_reserved = static_cast<uint64_t>(stacks.bytes_reserved);
  stats->stacks_committed = static_cast<uint64_t>(stacks.bytes_resident);
  stats->stacks_cached = static_cast<uint64_t>(stacks.bytes_cached);
}

}  // namespace

MemStats ReadMemStats() {
  const tsan::IgnoreScope ignore;
  MemStats stats;
  ReadHeap(&stats);
  ReadStacks(&stats);
  ReadProcess(&stats);
  const sched::GoroutineCounts counts = sched::CountGoroutines();
  stats.goroutines_created = counts.created;
  stats.goroutines_exited = counts.ended;
  stats.goroutines = counts.created - counts.ended;
  return stats;
}

}  // namespace muster::runtime
