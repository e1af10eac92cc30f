// LockFile: one process for each history.
#ifndef TOOLS_MUSTERD_LOCK_FILE_H_
#define TOOLS_MUSTERD_LOCK_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace muster::musterd {

// LockFile holds PATH.lock as long as it lives; the system lets go of it when the process ends in
// whatever way, so nothing is ever stale. The file, which holds the owner's pid, is left behind:
// removing it would race with the next owner.
class LockFile {
 public:
  // FailedPrecondition names the process that has it.
  static absl::StatusOr<LockFile> Acquire(const std::string& path);

  LockFile(LockFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_LOCK_FILE_H_
