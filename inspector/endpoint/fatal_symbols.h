// Names and lines for fatal reports.
//
// A dying process may hold any lock, and the dying goroutine may have no stack left; libdw needs
// the heap and a good deal of stack. So the lookup is done by a thread that is there beforehand,
// and who asks waits for it with a limit. The first answer that does not come switches the lookups
// off: the report goes on with the runtime's own names.
#ifndef MUSTER_INSPECTOR_ENDPOINT_FATAL_SYMBOLS_H_
#define MUSTER_INSPECTOR_ENDPOINT_FATAL_SYMBOLS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace muster::inspector {

// StartFatalSymbols starts the thread. Call it once.
absl::Status StartFatalSymbols();

// FatalSymbolize is a record::Symbolizer. Callable from a signal handler; false in a forked child.
// Of inlined functions it names the innermost that is not the runtime's.
bool FatalSymbolize(uint64_t address, char* out, uint64_t size);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_FATAL_SYMBOLS_H_
