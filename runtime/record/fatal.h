// Fatal: how the runtime ends a process, with the report that Go would give, on standard error, and
// exit status 2.
#ifndef MUSTER_RECORD_FATAL_H_
#define MUSTER_RECORD_FATAL_H_

#include <cstdint>
#include <string>

namespace muster::record {

// "fatal error: TEXT" and the calling stack.
[[noreturn]] void Fatal(const char* text);

// "fatal error: all goroutines are asleep - deadlock!", who waits for whom, and every goroutine
// with its stack and creation stack.
[[noreturn]] void DieOfDeadlock();

// WORDS, who waits for whom in a synctest bubble that is deadlocked, and its goroutines as above.
std::string DescribeDeadlock(const char* words, uint32_t bubble);

// The handlers of uncaught exceptions, faults and SIGQUIT.
void InstallFatalHandlers();

// Calls muster_inspector_start(), if the program is linked with the inspector.
void NotifyRuntimeStarted();

}  // namespace muster::record

#endif  // MUSTER_RECORD_FATAL_H_
