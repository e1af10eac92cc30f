// The directory of the default sockets, and what can be told of a socket without talking to it.
//
// Whoever can put a socket there can pass for any of the user's programs, and in /tmp anyone could
// have made the directory first. So both sides, the server and the reader, use it only when it
// belongs to the user and nobody else can write to it.
#ifndef MUSTER_INSPECTOR_CAPTURE_SOCKET_DIRECTORY_H_
#define MUSTER_INSPECTOR_CAPTURE_SOCKET_DIRECTORY_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace muster::inspector {

// NotFound when `path` is absent; PermissionDenied when it is no directory, is owned by another
// user than `owner` or can be written by others. The message names the path, the reason and the
// cure.
absl::Status CheckSocketDirectory(const std::string& path, uid_t owner);

// Makes `path` with mode 0700 for the calling user unless it is there, and checks it.
absl::Status CreateSocketDirectory(const std::string& path);

// The directory that a process with this XDG_RUNTIME_DIR and user takes.
std::string SocketDirectoryFor(const std::optional<std::string>& runtime_dir, uid_t user);

enum class SocketState {
  kAbsent,     // no such file
  kNotSocket,  // something else is there
  kStale,      // nobody listens; a listener can only come with a new file
  kAlive,      // somebody listens
  kUnknown,    // it may not be asked
};
SocketState ProbeSocket(const std::string& path);

// The longest path that a Unix socket's address has room for.
size_t MaxSocketPath();

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_SOCKET_DIRECTORY_H_
