// Walk: return addresses of stacks, leaf first. Nothing here allocates or symbolises.
//
// Stacks are read behind ASan's back: frames without frame pointers lead to words of any kind.
#ifndef MUSTER_STACK_WALK_H_
#define MUSTER_STACK_WALK_H_

#include <cstddef>
#include <cstdint>

#include "runtime/sched/g.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/unwind_walker.h"

namespace muster::stack {

using Registers = muster_unwind_registers;

// CaptureRegisters stores the calling frame's registers, for a walk that begins in that frame while
// it is still active.
__attribute__((always_inline)) inline void CaptureRegisters(Registers* registers) {
#if defined(__x86_64__)
  __asm__ volatile(
      "leaq 0f(%%rip), %%rax\n0:\n"
      "movq %%rax, 0(%0)\n"
      "movq %%rsp, 8(%0)\n"
      "movq %%rbp, 16(%0)\n"
      "movq %%rbx, 24(%0)\n"
      "movq %%r12, 32(%0)\n"
      "movq %%r13, 40(%0)\n"
      "movq %%r14, 48(%0)\n"
      "movq %%r15, 56(%0)\n"
      :
      : "r"(registers)
      : "rax", "memory");
#else
  *registers = Registers{};
#endif
}

// Chain: what a walk by frame pointers has found. It is the stack if it is whole and all of its
// addresses are trusted (frame_trust.h), or known to the stack table as trusted; else nothing.
struct Chain {
  int count = 0;
  bool whole = false;  // it ended at the goroutine's entry, or for want of room
  ChainHash hash;
};

// WalkChain: the return address of the frame whose base is `fp`, its caller's, and so on, within
// [fp, hi), behind those that `chain` has. Reads nothing else, whatever is there: `fp` may be any
// value that is at least `lo`, and another thread may write there meanwhile.
void WalkChain(uintptr_t fp, uintptr_t lo, uintptr_t hi, uint64_t* pcs, int max, Chain* chain);

// The calling goroutine's stack from the caller of the frame with base `fp` on, by frame pointers;
// not whole when the caller does not run on a goroutine's stack. Allocates and locks nothing.
Chain WalkOwnChain(uintptr_t fp, uint64_t* pcs, int max);

// WalkHere: the calling stack from the caller's frame on, `skip` more frames left out. By frame
// pointers where they can be trusted, else by libunwind where it is installed. Not
// async-signal-safe.
int WalkHere(uint64_t* pcs, int max, int skip);

// WalkAndLearn: a goroutine's suspended stack, or a copy of it, by libunwind; remembers at which
// addresses frame pointers can be trusted (frame_trust.h). 0 without libunwind.
int WalkAndLearn(const Registers& registers, const muster_unwind_stack& stack, uint64_t* pcs,
                 int max);

// WalkRegisters: a suspended stack within [lo, hi), by libunwind if it is installed.
int WalkRegisters(const Registers& registers, uintptr_t lo, uintptr_t hi, uint64_t* pcs, int max);

// WalkFramePointers: a stack whose code keeps frame pointers. Async-signal-safe: it reads memory in
// [sp, hi) only. The first address is pc + 1, so that it reads like a return address.
int WalkFramePointers(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t hi, uint64_t* pcs,
                      int max);

// The registers that the context switch has saved at `context` (sched/context.h).
inline constexpr size_t kSavedContextSize = 72;
Registers SavedRegisters(const void* context);

}  // namespace muster::stack

#endif  // MUSTER_STACK_WALK_H_
