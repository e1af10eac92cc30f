// Pairs of descriptors for the tests of this folder.
#ifndef MUSTER_TESTS_RUNTIME_NET_DESCRIPTORS_H_
#define MUSTER_TESTS_RUNTIME_NET_DESCRIPTORS_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "runtime/net/fd.h"

namespace muster::testing {

// Two ends of a Unix socket, as FDs.
struct FDPair {
  poll::FDRef a;
  poll::FDRef b;
  int a_number = -1;
  int b_number = -1;
};

inline FDPair MakeFDPair() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  poll::Error error = poll::kOk;
  FDPair pair;
  pair.a =
      poll::FDRef(poll::FD::Adopt(fds[0], poll::Mode::kNonBlocking, true, "unix a->b", &error));
  EXPECT_EQ(error, poll::kOk);
  pair.b =
      poll::FDRef(poll::FD::Adopt(fds[1], poll::Mode::kNonBlocking, true, "unix b->a", &error));
  EXPECT_EQ(error, poll::kOk);
  pair.a_number = fds[0];
  pair.b_number = fds[1];
  return pair;
}

// What one read gives; at most 100 bytes.
inline std::pair<std::string, poll::Error> ReadSome(poll::FD& fd) {
  char buffer[100];
  const iovec part = {buffer, sizeof(buffer)};
  const poll::Moved moved = fd.ReadSome(&part, 1, nullptr);
  return {std::string(buffer, moved.n), moved.error};
}

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_NET_DESCRIPTORS_H_
