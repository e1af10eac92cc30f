// The report of an exception that leaves a goroutine.
#ifndef MUSTER_RECORD_PANIC_REPORT_H_
#define MUSTER_RECORD_PANIC_REPORT_H_

namespace muster::record {

// Becomes the program's terminate handler. Where no goroutine runs it calls the one that was there.
void InstallTerminateHandler();

}  // namespace muster::record

#endif  // MUSTER_RECORD_PANIC_REPORT_H_
