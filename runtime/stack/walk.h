// Walk: return addresses of stacks, leaf first. Nothing here allocates or symbolises.
#ifndef MUSTER_STACK_WALK_H_
#define MUSTER_STACK_WALK_H_

#include <cstdint>

#include "runtime/sched/g.h"
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

// WalkHere: the calling stack from the caller's frame on, `skip` more frames left out. By libunwind
// where it is installed, else by frame pointers. Not async-signal-safe.
int WalkHere(uint64_t* pcs, int max, int skip);

// WalkParked: a goroutine that is not running; the caller holds it. A goroutine that has not yet
// begun has one frame, the function that it will run.
int WalkParked(const sched::G* g, uint64_t* pcs, int max);

// WalkRegisters: a suspended stack within [lo, hi).
int WalkRegisters(const Registers& registers, uintptr_t lo, uintptr_t hi, uint64_t* pcs, int max);

// WalkFramePointers: a stack whose code keeps frame pointers. Async-signal-safe: it reads memory in
// [sp, hi) only. The first address is pc + 1, so that it reads like a return address.
int WalkFramePointers(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t hi, uint64_t* pcs,
                      int max);

// The registers that the context switch has saved for a parked goroutine (Boost.Context's layout
// for this architecture; a test checks it against the library that is linked).
Registers SavedRegisters(const sched::G* g);

}  // namespace muster::stack

#endif  // MUSTER_STACK_WALK_H_
