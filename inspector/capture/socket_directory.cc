#include "inspector/capture/socket_directory.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "muster/inspector/capture.h"

namespace muster::inspector {
namespace {

bool IsDirectory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::string SocketDirectoryFor(const std::optional<std::string>& runtime_dir, uid_t user) {
  // A login that has ended leaves XDG_RUNTIME_DIR set to a directory that is gone.
  if (runtime_dir.has_value() && runtime_dir->starts_with('/') && IsDirectory(*runtime_dir)) {
    return absl::StrCat(*runtime_dir, "/muster");
  }
  return absl::StrCat("/tmp/muster-", user);
}

std::string SocketDirectory() {
  const char* runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  return SocketDirectoryFor(
      runtime_dir == nullptr ? std::nullopt : std::make_optional<std::string>(runtime_dir),
      geteuid());
}

absl::Status CheckSocketDirectory(const std::string& path, uid_t owner) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": no such directory"));
    return absl::PermissionDeniedError(absl::StrCat(path, ": ", std::strerror(error)));
  }
  if (!S_ISDIR(status.st_mode)) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": is not a directory; remove it or set XDG_RUNTIME_DIR"));
  }
  if (status.st_uid != owner) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": belongs to uid ", status.st_uid, ", not to uid ", owner,
                     ", so its sockets cannot be trusted; set XDG_RUNTIME_DIR to a directory of "
                     "your own"));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(path,
                     ": others can write to it, so its sockets cannot be trusted; run chmod "
                     "700 on it"));
  }
  return absl::OkStatus();
}

absl::Status CreateSocketDirectory(const std::string& path) {
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return absl::UnavailableError(
        absl::StrCat(path, ": cannot make the directory: ", std::strerror(errno)));
  }
  return CheckSocketDirectory(path, geteuid());
}

size_t MaxSocketPath() { return sizeof(sockaddr_un::sun_path) - 1; }

SocketState ProbeSocket(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return errno == ENOENT || errno == ENOTDIR ? SocketState::kAbsent : SocketState::kUnknown;
  }
  if (!S_ISSOCK(status.st_mode)) return SocketState::kNotSocket;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() > MaxSocketPath()) return SocketState::kUnknown;
  std::memcpy(address.sun_path, path.data(), path.size());
  // Without waiting: a listener that is stuck, with its queue full, is alive all the same.
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SocketState::kUnknown;
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  close(fd);
  if (result == 0 || error == EAGAIN) return SocketState::kAlive;
  if (error == ECONNREFUSED) return SocketState::kStale;
  return error == ENOENT ? SocketState::kAbsent : SocketState::kUnknown;
}

}  // namespace muster::inspector
