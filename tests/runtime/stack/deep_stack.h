// Goroutines that go deep, and how much of their stacks is in memory.
#ifndef MUSTER_TESTS_RUNTIME_STACK_DEEP_STACK_H_
#define MUSTER_TESTS_RUNTIME_STACK_DEEP_STACK_H_

#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "runtime/sched/g.h"
#include "runtime/stack/arena.h"

namespace muster::testing {

// Touches `pages` pages of the caller's stack and returns. (ASan would put the frames on the heap.)
__attribute__((noinline, no_sanitize("address"))) inline void GoDeep(int pages) {
  volatile char page[stack::kPageSize];
  std::fill_n(page, sizeof(page), static_cast<char>(pages));
  if (pages > 1) GoDeep(pages - 1);
  page[0] = 0;  // the frame is needed until here: no tail call
}

// Calls `bottom()` under `depth` frames, each of which has locals that it then looks at. Returns
// how many of the frames found theirs as they had left them.
template <typename Bottom>
__attribute__((noinline)) int UnderFrames(int depth, const Bottom& bottom) {
  volatile int locals[24];
  for (int i = 0; i < 24; ++i) locals[i] = depth * 100 + i;
  int intact = 0;
  if (depth > 1) {
    intact = UnderFrames(depth - 1, bottom);
  } else {
    bottom();
  }
  for (int i = 0; i < 24; ++i) {
    if (locals[i] != depth * 100 + i) return intact;
  }
  return intact + 1;
}

// Pages of the slot of `g` that are in memory, its control block's included. Asks mincore, so it is
// independent of what the scavenger goes by.
inline int ResidentPages(const sched::G* g) {
  std::vector<unsigned char> resident(stack::SlotSize() / stack::kPageSize);
  const uintptr_t slot = g->stack_lo - stack::kPageSize;
  if (mincore(reinterpret_cast<void*>(slot), stack::SlotSize(), resident.data()) != 0) return -1;
  return static_cast<int>(std::count_if(resident.begin(), resident.end(),
                                        [](unsigned char page) { return (page & 1) != 0; }));
}

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_STACK_DEEP_STACK_H_
