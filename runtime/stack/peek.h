// Peek: the stack of a goroutine that does not run, but that nobody keeps from running on.
//
// To be used within a glimpse (runtime/sched/hold.h). What is read here may be torn: it is nonsense
// if the glimpse turns out to have been disturbed, and right if not. Either way nothing is read
// outside of the goroutine's own slot, which is never unmapped.
#ifndef MUSTER_STACK_PEEK_H_
#define MUSTER_STACK_PEEK_H_

#include <cstdint>
#include <vector>

#include "runtime/sched/g.h"
#include "runtime/stack/walk.h"

namespace muster::stack {

// The walk by frame pointers of a goroutine that has run before. Empty when the saved context is
// not within the stack.
Chain PeekChain(const sched::G* g, uint64_t* pcs, int max);

// Whether [begin, begin + size) lies within the stack of `g`.
bool LiesOnStack(const sched::G* g, const void* begin, size_t size);

// Tells the CPU that the stack of `g`, whose control block is at hand, will be walked.
void PrefetchStack(const sched::G* g);

// StackCopy: for code without frame pointers. libunwind takes tens of microseconds for a stack that
// it sees for the first time, and follows what it finds, so it walks a copy, for which nobody has
// to be held back. The buffer grows to the deepest stack copied and is kept.
class StackCopy {
 public:
  // Copies what the walk needs; within the glimpse. False when the saved context is not within the
  // stack.
  bool Take(const sched::G* g);

  // Walks the copy, and remembers at which addresses frame pointers can be trusted. Once per Take.
  int Walk(uint64_t* pcs, int max);

 private:
  Registers registers_ = {};
  uintptr_t hi_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace muster::stack

#endif  // MUSTER_STACK_PEEK_H_
