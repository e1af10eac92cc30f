#include "inspector/capture/read_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace muster::inspector {

absl::StatusOr<size_t> ReadSome(int fd, const std::string& name, char* buffer, size_t size) {
  while (true) {
    const ssize_t count = read(fd, buffer, size);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) {
      return absl::UnavailableError(absl::StrCat(name, ": cannot read: ", std::strerror(errno)));
    }
  }
}

absl::StatusOr<int> OpenFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return fd;
  const int error = errno;
  if (error == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  return absl::UnavailableError(absl::StrCat(path, ": cannot open: ", std::strerror(error)));
}

}  // namespace muster::inspector
