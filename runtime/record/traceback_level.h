// TracebackLevel: how much a dying process says of its goroutines. MUSTER_TRACEBACK has the values
// and the meaning of GOTRACEBACK:
//
//   none, 0    the first lines of the report, no stack
//   single     the stack of the goroutine that failed (the default)
//   all, 1     also those of all other goroutines
//   system, 2  also the runtime's own frames and goroutines
//   crash      as system; then the process dies by a signal, so that the system may write a core
//
// Reports of all goroutines (a deadlock, SIGQUIT) are whole at every level but none.
#ifndef MUSTER_RECORD_TRACEBACK_LEVEL_H_
#define MUSTER_RECORD_TRACEBACK_LEVEL_H_

#include <string_view>

namespace muster::record {

struct TracebackLevel {
  bool stacks = true;
  bool others = false;
  bool system = false;
  bool crash = false;
  friend bool operator==(const TracebackLevel&, const TracebackLevel&) = default;
};

// False when `text` is none of the above; then *level stays as it is.
bool ParseTracebackLevel(std::string_view text, TracebackLevel* level);

// Reads the environment, and complains of a value that it does not know. Once, before any report.
void ReadTracebackLevel();

// What ReadTracebackLevel has found, or debug::SetTraceback has made of it. Async-signal-safe; the
// reference stays valid and unchanged.
const TracebackLevel& Level();

}  // namespace muster::record

#endif  // MUSTER_RECORD_TRACEBACK_LEVEL_H_
