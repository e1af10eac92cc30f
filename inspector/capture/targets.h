// Which file is the socket of which process.
#ifndef MUSTER_INSPECTOR_CAPTURE_TARGETS_H_
#define MUSTER_INSPECTOR_CAPTURE_TARGETS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace muster::inspector {

// The process id in the name of a default socket, "123.sock".
std::optional<int> SocketPid(std::string_view file_name);

// The path of the socket that process `pid` answers on: the one that its MUSTER_ENDPOINT names,
// else the default one of its user. NotFound says why there is none and what to do about it.
absl::StatusOr<std::string> SocketOfProcess(int pid);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_TARGETS_H_
