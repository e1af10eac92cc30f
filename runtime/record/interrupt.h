// Interrupt: how a running goroutine's stack is taken, by a signal to its thread.
#ifndef MUSTER_RECORD_INTERRUPT_H_
#define MUSTER_RECORD_INTERRUPT_H_

#include <cstdint>

#include "muster/record.h"
#include "runtime/sched/g.h"

namespace muster::sched {
struct M;
}

namespace muster::record {

// What is copied of a goroutine while it cannot change, or as part of a glimpse. No allocation, so
// that it can be filled inside a signal handler.
struct Raw {
  uint64_t id = 0;
  uint64_t parent_id = 0;
  Kind kind = Kind::kGoroutine;
  State state = State::kIdle;
  bool held_overflowed = false;
  bool locked_to_thread = false;
  uint32_t bubble = 0;
  uint32_t creation_stack = 0;
  sched::WaitInfo wait;
  int64_t wait_since_ns = 0;
  int64_t started_ns = 0;
  int64_t running_since_ns = 0;
  LabelSet* labels = nullptr;
  int32_t tid = 0;
  int ancestor_count = 0;
  uint64_t ancestors[kMaxAncestors] = {};
  sched::HeldRead held[sched::kMaxHeldReads];
};

struct Frames {
  int count = 0;
  uint64_t pcs[kMaxFrames];
};

// Copies all but wait, state, since when it runs (0) and tid; ancestors and read locks only when
// `details` are asked for. It takes no reference of the labels.
void CopyRecord(const sched::G* g, bool details, Raw* raw);

enum class Answer {
  kTaken,     // *raw is the goroutine that ran there, with a reference of its labels
  kNoneRuns,  // the thread was in the scheduler, or between two goroutines: ask again
  kNoAnswer,  // the thread did not take the signal in time (100 ms)
};
// Interrupts the goroutine that runs on `m` now. One call at a time; not from `m` itself.
Answer InterruptRunning(sched::M* m, Raw* raw, Frames* frames);

// AwaitInterrupt returns once no signal is on its way to `m`, the caller's own, whose goroutine is
// in a blocking region by now: the signal would cut short what is called there, and from then on no
// new one is sent.
void AwaitInterrupt(const sched::M* m);

// Handles SIGURG, which is ignored by default, as in Go. A SIGURG that no capture has asked for
// goes to the handler that was there before.
void InstallInterruptHandler();
// Unblocks the signal in the calling thread.
void PrepareThreadForInterrupts();

}  // namespace muster::record

#endif  // MUSTER_RECORD_INTERRUPT_H_
