// Endpoint: /debug/pprof/goroutine and friends, served by an OS thread of its own, so that it
// answers when every goroutine is stuck.
#ifndef MUSTER_INSPECTOR_ENDPOINT_H_
#define MUSTER_INSPECTOR_ENDPOINT_H_

#include <string>

#include "absl/status/status.h"

namespace muster::inspector {

// StartEndpoint serves on what MUSTER_ENDPOINT says: `unix:PATH`, `off`, or by default a socket of
// mode 0600 in SocketDirectory() named PID.sock. A program that links muster::inspector has it
// started with its first goroutine. Safe to call again: the second call does nothing. A socket that
// cannot be made is an error with the path and the reason; the program goes on without it.
absl::Status StartEndpoint();

// Where it listens ("unix:/run/..."), "" when it does not.
std::string EndpointAddress();

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_H_
