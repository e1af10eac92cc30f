// System calls on descriptors, as functions that give a count or minus an errno.
//
// They go past libc: TSan's interceptors would order every goroutine that uses a descriptor, and
// errno is a thread's, which may be another one after a park. EINTR is tried again. What TSan has
// to know is said in fd.cc.
#ifndef MUSTER_NET_SYSCALLS_H_
#define MUSTER_NET_SYSCALLS_H_

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace muster::poll::sys {

int64_t Read(int fd, const iovec* parts, int count);
int64_t Write(int fd, const iovec* parts, int count);
// Of a socket; never raises SIGPIPE. msg.msg_flags is what the kernel says.
int64_t Receive(int fd, msghdr* message);
int64_t Send(int fd, const msghdr* message);

int64_t Accept(int fd, sockaddr* address, socklen_t* size);
int64_t Socket(int family, int type, int protocol);  // non-blocking, close-on-exec
int64_t Connect(int fd, const sockaddr* address, socklen_t size);
int64_t Shutdown(int fd, int how);
int64_t Close(int fd);
// Whether an operation would not block now.
bool IsReady(int fd, bool write);

}  // namespace muster::poll::sys

#endif  // MUSTER_NET_SYSCALLS_H_
