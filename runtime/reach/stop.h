// Stopping all threads of the process, each in a signal handler.
//
// A stopped thread's registers lie in memory, in its signal frame. It uses SIGURG, whose handler
// (record/interrupt.cc) calls StopIfAsked.
//
// Memory ordering: the one that stops publishes the table with the request (release, acquire in the
// handler); each thread publishes its row by counting itself as arrived (release), which the other
// acquires.
#ifndef MUSTER_REACH_STOP_H_
#define MUSTER_REACH_STOP_H_

#include <cstdint>

#include "runtime/reach/buffer.h"
#include "runtime/sched/scheduler.h"

namespace muster::reach {

struct StoppedThread {
  int32_t tid = 0;  // 0: the row does not count any more
  uintptr_t pc = 0;
  uintptr_t sp = 0;        // where the signal found it
  uintptr_t lowest = 0;    // what is in use of its stack: from here on
  uintptr_t frame_lo = 0;  // its signal frame, registers and all, lies in [frame_lo, frame_hi)
  uintptr_t frame_hi = 0;
  uintptr_t other_stack_lo = 0;  // an alternate signal stack, of which only the frame is in use
  uintptr_t other_stack_hi = 0;
  const sched::M* m = nullptr;
  uintptr_t tooling = 0;  // of a tool's thread: below this its stack is the tool's alone
};

// Called by the signal's handler: stays until the threads are let go, if they are being stopped.
// False if they are not.
bool StopIfAsked(const void* ucontext);

class StoppedWorld {
 public:
  StoppedWorld() = default;
  StoppedWorld(const StoppedWorld&) = delete;
  StoppedWorld& operator=(const StoppedWorld&) = delete;
  ~StoppedWorld() { LetGo(); }

  // Stops every thread but the caller. False, with the thread that is to blame in silent_tid (0:
  // there are too many threads, or /proc cannot be read), when one has not answered within a
  // second; then none is stopped. One at a time. Until LetGo the caller must not lock or allocate.
  bool Stop();
  void LetGo();
  // Lets threads()[row] run on for a moment, while all others stay where they are, and stops it
  // again, in another row. False as with Stop.
  bool StepOn(size_t row);

  Buffer<StoppedThread>& threads() { return threads_; }
  const Buffer<int32_t>& signalled() const { return signalled_; }
  int32_t silent_tid() const { return silent_tid_; }

 private:
  bool SignalNew();
  bool AwaitArrivals();
  bool Missing(int32_t tid) const;

  Buffer<StoppedThread> threads_;
  Buffer<int32_t> signalled_;
  uint32_t stepped_ = 0;  // rows that do not count any more
  bool stopped_ = false;
  int32_t silent_tid_ = 0;
};

}  // namespace muster::reach

#endif  // MUSTER_REACH_STOP_H_
