// OS threads of the tooling inside somebody else's program.
#ifndef MUSTER_INSPECTOR_ENDPOINT_TOOL_THREAD_H_
#define MUSTER_INSPECTOR_ENDPOINT_TOOL_THREAD_H_

#include <functional>

#include "absl/status/status.h"

namespace muster::inspector {

// StartToolThread runs `body` on a detached OS thread called `name` (at most 15 characters). It
// takes none of the program's signals, and the runtime knows that it can wake no goroutine.
absl::Status StartToolThread(const char* name, std::function<void()> body);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_TOOL_THREAD_H_
