#include "inspector/capture/read_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

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

absl::StatusOr<std::string> ReadFileDescriptor(int fd, const std::string& name) {
  std::string content;
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    content.reserve(static_cast<size_t>(status.st_size));
  }
  std::vector<char> block(size_t{1} << 16);
  while (true) {
    const absl::StatusOr<size_t> count = ReadSome(fd, name, block.data(), block.size());
    if (!count.ok()) return count.status();
    if (*count == 0) return content;
    content.append(block.data(), *count);
  }
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    if (error == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
    return absl::UnavailableError(absl::StrCat(path, ": cannot open: ", std::strerror(error)));
  }
  absl::StatusOr<std::string> content = ReadFileDescriptor(fd, path);
  close(fd);
  return content;
}

}  // namespace muster::inspector
