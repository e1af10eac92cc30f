// Witness: what a dying thread has the monitor thread do for it.
//
// A signal handler may neither allocate nor lock, so it can neither walk a stack by libunwind nor
// take the roll call. The monitor can. Who asks waits, but not for ever: the thread that died may
// hold the very lock that the monitor needs.
#ifndef MUSTER_RECORD_WITNESS_H_
#define MUSTER_RECORD_WITNESS_H_

#include <cstdint>

#include "runtime/stack/walk.h"

namespace muster::record {

// ---- asked by the thread that reports (death.h), in a signal handler or not

// The calling thread's own stack, interrupted at `registers`, whose stack ends at `hi`
// (0: not known). By frame pointers, if that is known, when the monitor does not answer.
int WalkInterrupted(const stack::Registers& registers, uintptr_t hi, uint64_t* pcs, int max);

// Prints all goroutines but the one with the id `but`.
void PrintOthers(uint64_t but);

// ---- asked by any thread, in a signal handler
// Has the monitor print all goroutines and end the process, as SIGQUIT wants it. Returns at once;
// false when that is under way already.
bool AskToQuit(uintptr_t pc, int64_t m, int code);

// ---- the monitor's side
// The calling thread is the monitor.
void BecomeWitness();
// Whether there is something to do. Ordered (seq_cst) against the asker's look at whether the
// monitor sleeps.
bool WitnessWanted();
// Does it. Does not return from a quit, unless the process dies already.
void ServeAsWitness();

}  // namespace muster::record

#endif  // MUSTER_RECORD_WITNESS_H_
