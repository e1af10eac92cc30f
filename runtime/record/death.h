// Death: what all fatal reports begin and end with. Async-signal-safe.
#ifndef MUSTER_RECORD_DEATH_H_
#define MUSTER_RECORD_DEATH_H_

#include <cstdint>

namespace muster::record {

// BeginReport makes the caller the one thread that reports; everybody else who calls it waits for
// the end of the process. A thread that reports already has failed in doing so: that is said, and
// the process ends.
void BeginReport();

// The same, but false when another thread reports.
bool TryBeginReport();

// The caller's report is complete, and somebody else decides what becomes of the process: a signal
// handler that was there before ours. Later reports are as welcome as the first.
void YieldReport();

// The id of the calling OS thread.
int32_t CallingThread();

// What the program had printed so far comes before the report, unless a thread died printing. Not
// async-signal-safe.
void FlushStandardOutput();

// Ends the process with status 2, or by SIGABRT when a core is wanted (MUSTER_TRACEBACK=crash).
[[noreturn]] void EndProcess();

// Ends the process by this signal's default action.
[[noreturn]] void DieBySignal(int number);

}  // namespace muster::record

#endif  // MUSTER_RECORD_DEATH_H_
