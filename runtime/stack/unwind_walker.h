// The C interface of the walker that muster_embed_unwind() hides libunwind behind.
#ifndef MUSTER_STACK_UNWIND_WALKER_H_
#define MUSTER_STACK_UNWIND_WALKER_H_

#include <stdint.h>

extern "C" {

// The callee-saved registers of a frame that is suspended at `pc`.
struct muster_unwind_registers {
  uint64_t pc, sp, rbp, rbx, r12, r13, r14, r15;
};

// False when the machine has no libunwind.so.8: the walks below then return 0.
bool muster_unwind_available(void);

// Return addresses of the calling stack, the caller's own first; returns how many (at most `max`).
// Cached: a stack that was walked before costs about 10 ns a frame.
int muster_unwind_here(uint64_t* pcs, int max);

// Return addresses of a suspended stack, registers->pc first. Only frames whose stack pointer lies
// in [lo, hi) are followed, so that broken unwind tables cannot lead out of the stack.
int muster_unwind_from(const muster_unwind_registers* registers, uint64_t lo, uint64_t hi,
                       uint64_t* pcs, int max);
}

#endif  // MUSTER_STACK_UNWIND_WALKER_H_
