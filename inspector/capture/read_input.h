// Files and standard input, whole.
#ifndef MUSTER_INSPECTOR_CAPTURE_READ_INPUT_H_
#define MUSTER_INSPECTOR_CAPTURE_READ_INPUT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace muster::inspector {

// ReadSome reads up to `size` bytes and says how many; 0 at the end. Errors as ReadFileDescriptor.
absl::StatusOr<size_t> ReadSome(int fd, const std::string& name, char* buffer, size_t size);

// ReadFileDescriptor reads to the end; `name` is for the message. Unavailable when reading fails.
absl::StatusOr<std::string> ReadFileDescriptor(int fd, const std::string& name);

// ReadWholeFile reads a regular file or a pipe. NotFound when it is absent, Unavailable when it may
// not be read.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_READ_INPUT_H_
