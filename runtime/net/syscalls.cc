#include "runtime/net/syscalls.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace muster::poll::sys {
namespace {

template <typename... Args>
int64_t Call(long number, Args... args) {
  for (;;) {
    const long result = syscall(number, args...);
    if (result >= 0) return result;
    if (errno != EINTR) return -static_cast<int64_t>(errno);
  }
}

}  // namespace

int64_t Read(int fd, const iovec* parts, int count) {
  if (count == 1) return Call(SYS_read, fd, parts->iov_base, parts->iov_len);
  return Call(SYS_readv, fd, parts, count);
}

int64_t Write(int fd, const iovec* parts, int count) {
  if (count == 1) return Call(SYS_write, fd, parts->iov_base, parts->iov_len);
  return Call(SYS_writev, fd, parts, count);
}

int64_t Receive(int fd, msghdr* message) {
  return Call(SYS_recvmsg, fd, message, MSG_CMSG_CLOEXEC);
}

int64_t Send(int fd, const msghdr* message) { return Call(SYS_sendmsg, fd, message, MSG_NOSIGNAL); }

int64_t Accept(int fd, sockaddr* address, socklen_t* size) {
  return Call(SYS_accept4, fd, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int64_t Socket(int family, int type, int protocol) {
  return Call(SYS_socket, family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

// Not tried again: after EINTR the connection is being made.
int64_t Connect(int fd, const sockaddr* address, socklen_t size) {
  return syscall(SYS_connect, fd, address, size) == 0 ? 0 : -static_cast<int64_t>(errno);
}

int64_t Shutdown(int fd, int how) { return Call(SYS_shutdown, fd, how); }

// Not tried again either: the descriptor is gone.
int64_t Close(int fd) { return syscall(SYS_close, fd) == 0 ? 0 : -static_cast<int64_t>(errno); }

bool IsReady(int fd, bool write) {
  pollfd entry = {fd, static_cast<short>(write ? POLLOUT : POLLIN), 0};
  return Call(SYS_poll, &entry, 1, 0) > 0;
}

}  // namespace muster::poll::sys
