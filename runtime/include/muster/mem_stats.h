// What memory the process uses, Go's runtime.MemStats as far as there is something to say: there is
// no collector, so all that is about one is missing.
#ifndef MUSTER_MEM_STATS_H_
#define MUSTER_MEM_STATS_H_

#include <cstdint>

namespace muster::runtime {

// All sizes in bytes.
struct MemStats {
  // The heap, as the C library's allocator tells (mallinfo2): 0 with another one, tcmalloc say, and
  // under sanitizers. What it holds for small sizes in each thread's cache counts as in use.
  uint64_t heap_alloc = 0;     // in use by the program
  uint64_t heap_sys = 0;       // had from the kernel: the next two together
  uint64_t heap_inuse = 0;     // the same as heap_alloc: there are no spans to round up to
  uint64_t heap_idle = 0;      // free, and kept for later
  uint64_t heap_released = 0;  // free at the end of the heap: what malloc_trim would give back

  // Goroutines' stacks.
  uint64_t stacks_reserved = 0;   // address space, which costs nothing
  uint64_t stacks_committed = 0;  // in memory now, control blocks included
  uint64_t stacks_cached = 0;     // ... that of goroutines that have ended, kept for the next ones

  // Of the whole process: address space (VmSize) and what of it is in memory (VmRSS).
  uint64_t sys = 0;
  uint64_t resident = 0;

  int64_t goroutines = 0;          // alive now
  int64_t goroutines_created = 0;  // since the process started
  int64_t goroutines_exited = 0;
};

// ReadMemStats reads the figures one after the other and stops nobody, unlike Go's: they need not
// add up while the program runs. Thread-safe. Takes the allocator's locks, and about as long as
// ReadStackStats does (runtime.h): 0.1 µs per stack that was ever used, and 100 µs.
MemStats ReadMemStats();

}  // namespace muster::runtime

#endif  // MUSTER_MEM_STATS_H_
