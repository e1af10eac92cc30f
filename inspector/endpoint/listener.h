// The endpoint's socket file: made so that it never replaces one that somebody answers on, and
// never exists without somebody who answers.
#ifndef MUSTER_INSPECTOR_ENDPOINT_LISTENER_H_
#define MUSTER_INSPECTOR_ENDPOINT_LISTENER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace muster::inspector {

struct Listener {
  int fd = -1;
  std::string path;  // absolute
  dev_t device = 0;  // with `inode`: the file, should another one take the path
  ino_t inode = 0;
};

// Listen makes a listening socket of mode 0600 at `path`. A stale socket there is replaced; a live
// one (AlreadyExists) or a file of another kind (FailedPrecondition) is left alone.
absl::StatusOr<Listener> Listen(const std::string& path);

// Removes the listener's file if it is still the listener's. Safe at exit.
void RemoveSocket(const Listener& listener);

// Removes the sockets in `directory` that are named by a process that is no more and that nobody
// listens on: what crashed programs left behind.
void SweepSockets(const std::string& directory);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_LISTENER_H_
