// Files and standard input.
#ifndef MUSTER_INSPECTOR_CAPTURE_READ_INPUT_H_
#define MUSTER_INSPECTOR_CAPTURE_READ_INPUT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace muster::inspector {

// ReadSome reads up to `size` bytes and says how many; 0 at the end. Unavailable, with `name` in
// its message, when reading fails.
absl::StatusOr<size_t> ReadSome(int fd, const std::string& name, char* buffer, size_t size);

// OpenFile opens a regular file or a pipe for reading; the caller closes it. NotFound when it is
// absent, Unavailable when it may not be read.
absl::StatusOr<int> OpenFile(const std::string& path);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_READ_INPUT_H_
