#include "inspector/endpoint/listener.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "inspector/capture/socket_directory.h"
#include "inspector/capture/targets.h"

namespace muster::inspector {
namespace {

// Connections that wait while a dump is being made.
constexpr int kBacklog = 128;

absl::Status Failure(const std::string& path, const char* what, int error) {
  return absl::UnavailableError(absl::StrCat(path, ": cannot ", what, ": ", std::strerror(error)));
}

absl::Status CheckLength(const std::string& path) {
  if (path.size() <= MaxSocketPath()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": a socket's path has at most ", MaxSocketPath(),
                   " bytes; set MUSTER_ENDPOINT=unix:PATH with a shorter one"));
}

// Binds and listens at `path`, which does not exist yet.
absl::StatusOr<int> ListenAt(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failure(path, "make a socket", errno);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  // Linux gives the file the socket's own mode, which needs no change of the process's umask, that
  // other threads would see.
  const char* what = nullptr;
  if (fchmod(fd, S_IRUSR | S_IWUSR) != 0) {
    what = "set the mode of the socket";
  } else if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    what = "make the socket";
  } else if (listen(fd, kBacklog) != 0) {
    what = "listen";
  }
  if (what == nullptr) return fd;
  const absl::Status failure = Failure(path, what, errno);
  close(fd);
  return failure;
}

// Gives the file `from` the name `to` unless that is taken.
int RenameNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL) return errno;
  // A file system without that flag.
  if (ProbeSocket(to) != SocketState::kAbsent) return EEXIST;
  return rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

absl::Status Occupied(const std::string& path, SocketState state) {
  if (state == SocketState::kAlive) {
    return absl::AlreadyExistsError(absl::StrCat(
        path, ": another process answers there; give each process its own MUSTER_ENDPOINT"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": exists and is no socket of ours; remove it or choose another path"));
}

// Publishes the listening socket at `hidden` under its real name, in place of a stale one.
absl::Status Publish(const std::string& hidden, const std::string& path) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    const int error = RenameNew(hidden, path);
    if (error == 0) return absl::OkStatus();
    if (error != EEXIST) return Failure(path, "make the socket", error);
    const SocketState state = ProbeSocket(path);
    if (state == SocketState::kAbsent) continue;
    if (state != SocketState::kStale) return Occupied(path, state);
    unlink(path.c_str());
  }
  return Failure(path, "make the socket", EEXIST);
}

}  // namespace

absl::StatusOr<Listener> Listen(const std::string& path) {
  const std::filesystem::path file(path);
  if (!file.has_filename()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": names no file; write unix:PATH"));
  }
  // The socket listens before it has its name: whoever finds a name that refuses connections may
  // take it for stale.
  const std::string hidden = (file.parent_path() / absl::StrCat(".muster-", getpid())).string();
  for (const std::string& name : {path, hidden}) {
    if (absl::Status fits = CheckLength(name); !fits.ok()) return fits;
  }
  unlink(hidden.c_str());
  const absl::StatusOr<int> fd = ListenAt(hidden);
  if (!fd.ok()) return fd.status();
  if (absl::Status published = Publish(hidden, path); !published.ok()) {
    close(*fd);
    unlink(hidden.c_str());
    return published;
  }
  Listener listener;
  listener.fd = *fd;
  std::error_code error;
  listener.path = std::filesystem::absolute(file, error).string();
  struct stat status;
  if (lstat(path.c_str(), &status) == 0) {
    listener.device = status.st_dev;
    listener.inode = status.st_ino;
  }
  return listener;
}

void RemoveSocket(const Listener& listener) {
  struct stat status;
  if (lstat(listener.path.c_str(), &status) != 0) return;
  if (status.st_dev != listener.device || status.st_ino != listener.inode) return;
  unlink(listener.path.c_str());
}

void SweepSockets(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::optional<int> pid = SocketPid(it->path().filename().string());
    if (!pid.has_value() || kill(*pid, 0) == 0 || errno != ESRCH) continue;
    if (ProbeSocket(it->path().string()) == SocketState::kStale) unlink(it->path().c_str());
  }
}

}  // namespace muster::inspector
