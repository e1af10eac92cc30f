// Faults: SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, stack overflow among them.
//
// In a goroutine a fault ends the process as Go's panic does: what happened, where the goroutine
// was, and who created it; status 2, or the signal itself when a core is wanted
// (MUSTER_TRACEBACK=crash). A thread that runs no goroutine is reported likewise, and then dies by
// its signal. A handler that was there before the runtime, a sanitizer's or a crash reporter's, is
// called behind the report, and decides what becomes of the process.
#ifndef MUSTER_RECORD_FAULT_H_
#define MUSTER_RECORD_FAULT_H_

namespace muster::record {

void InstallFaultHandlers();

}  // namespace muster::record

#endif  // MUSTER_RECORD_FAULT_H_
