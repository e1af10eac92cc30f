// Fatal: how the runtime ends a process, with the report that Go would give, on standard error, and
// exit status 2.
#ifndef MUSTER_RECORD_FATAL_H_
#define MUSTER_RECORD_FATAL_H_

#include <cstdint>

namespace muster::sched {
struct G;
}

namespace muster::record {

// "fatal error: TEXT" and the calling stack.
[[noreturn]] void Fatal(const char* text);

// TEXT as it is, then `g` with these return addresses and its creation stack. Async-signal-safe:
// names functions without files and lines.
[[noreturn]] void DieWithStack(const char* text, const sched::G* g, const uint64_t* pcs, int count);

// "fatal error: all goroutines are asleep - deadlock!", who waits for whom, and every goroutine
// with its stack and creation stack.
[[noreturn]] void DieOfDeadlock();

// The handlers of uncaught exceptions and of stack overflow.
void InstallFatalHandlers();

// Calls muster_inspector_start(), if the program is linked with the inspector.
void NotifyRuntimeStarted();

}  // namespace muster::record

#endif  // MUSTER_RECORD_FATAL_H_
