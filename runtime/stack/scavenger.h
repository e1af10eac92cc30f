// The scavenger gives pages of stacks that are not needed any more back to the kernel, so that a
// goroutine that once went deep does not cost its deepest stack for ever.
//
// It goes round all slots, by little steps on the monitor thread, for at most a hundredth of one
// CPU's time. What is not needed is what lies below the saved stack pointer of a goroutine that is
// parked or waits to run, and nearly all of a dead slot. One call per 64 slots tells which pages
// are in memory at all (residency.h); a stack of one page, which is what most are, is not looked at
// any further. The rest is a matter of patience:
//
//  - Nothing is given back at first sight. It must be seen unneeded by two rounds, which begin at
//    least a second apart.
//  - When the stack is found deep again afterwards, the next time takes twice as many rounds, up to
//    64: a goroutine that goes deep again and again keeps what it uses.
//  - A goroutine that has not run between two rounds has no use for it, whatever its past.
//
// A goroutine is held (hold.h) while its pages go: 0.3 µs per page, at most kPagesPerHold at a
// time. A dead slot is held likewise: it may be handed out meanwhile, and a closure be built at its
// top (which is never given back), but its goroutine does not run before that is over.
//
// The guard stays: it is outside of the range, and both kinds survive MADV_DONTNEED anyway. Under
// TSan and ASan it works as always: their shadow of a stack is memory of its own, which stays.
// (Under TSan dead stacks are forgotten whole when they are freed, see tsan::ForgetStack.)
#ifndef MUSTER_STACK_SCAVENGER_H_
#define MUSTER_STACK_SCAVENGER_H_

#include <cstdint>

#include "runtime/stack/residency.h"

namespace muster::stack {

// Pages that are given back while one goroutine is held: about 40 µs.
inline constexpr int kPagesPerHold = 128;
// How far below TopOf a slot is written while it is dead: a closure and the first context.
inline constexpr uintptr_t kTopInUse = 2048;

// Scavenge does some work if it is time for it, and returns when it wants to be called again
// (CLOCK_MONOTONIC ns). Never waits for a capture. By the monitor thread only.
int64_t Scavenge(int64_t now_ns);

// How often it has gone round all slots.
uint64_t ScavengeRounds();

// Goes round all slots at once, whatever the time; blocks while a capture is taken. For tests.
void ScavengeRound(Residency::Way way = Residency::Way::kPagemapScan);

// Since the process started; any thread.
uint64_t PagesGivenBack();
// The longest that a goroutine was held back for this.
int64_t LongestScavengeHold();

}  // namespace muster::stack

#endif  // MUSTER_STACK_SCAVENGER_H_
