// The C interface of the walker that muster_embed_unwind() hides libunwind behind.
#ifndef MUSTER_STACK_UNWIND_WALKER_H_
#define MUSTER_STACK_UNWIND_WALKER_H_

#include <stdint.h>

extern "C" {

// The callee-saved registers of a frame that is suspended at `pc`.
struct muster_unwind_registers {
  uint64_t pc, sp, rbp, rbx, r12, r13, r14, r15;
};

// A stack, or a copy of one. Only frames whose stack pointer lies in [lo, hi] are followed, so that
// broken unwind tables cannot lead out of it. What the stack has at an address is read `moved`
// bytes further up: 0 walks it in place; else all of [lo, hi) has been copied there, and the copy
// is changed by the walk.
struct muster_unwind_stack {
  uint64_t lo, hi;
  int64_t moved;
};

// How a walk ended.
enum muster_unwind_end {
  MUSTER_UNWIND_FULL,      // there was no more room
  MUSTER_UNWIND_OUTERMOST  // there are no more frames, or none that the unwind tables tell of
};

// False when the machine has no libunwind.so.8: the walks below then return 0.
bool muster_unwind_available(void);

// Return addresses of the calling stack, the caller's own first; returns how many (at most `max`).
// Cached: a stack that was walked before costs about 10 ns a frame.
int muster_unwind_here(uint64_t* pcs, int max);

// Return addresses of a suspended stack, registers->pc first. Where `keeps` is not null, keeps[i]
// becomes 1 when in frame i the register rbp points at the pair of the caller's rbp and the return
// address into the caller, else 0; unknown, and 0, for the last frame.
int muster_unwind_from(const struct muster_unwind_registers* registers,
                       const struct muster_unwind_stack* stack, uint64_t* pcs, uint8_t* keeps,
                       int max, enum muster_unwind_end* end);
}

#endif  // MUSTER_STACK_UNWIND_WALKER_H_
