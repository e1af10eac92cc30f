// SIGQUIT prints all goroutines and ends the process with status 2, as in Go; a second one, while
// the first is being printed, ends it at once. Programs that handle or ignore it before the first
// goroutine is started, or handle it later, are left alone.
#ifndef MUSTER_RECORD_QUIT_H_
#define MUSTER_RECORD_QUIT_H_

namespace muster::record {

void InstallQuitHandler();

}  // namespace muster::record

#endif  // MUSTER_RECORD_QUIT_H_
