// A machine that does not answer, without a network.
#ifndef MUSTER_TESTS_RUNTIME_NET_SILENT_LISTENER_H_
#define MUSTER_TESTS_RUNTIME_NET_SILENT_LISTENER_H_

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "muster/net.h"

namespace muster::testing {

// Nobody accepts, and the queue holds one: further connections are neither made nor refused.
class SilentListener {
 public:
  SilentListener() : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(number_, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    EXPECT_EQ(listen(number_, 0), 0);
    socklen_t size = sizeof(name);
    getsockname(number_, reinterpret_cast<sockaddr*>(&name), &size);
    address_ = absl::StrCat("127.0.0.1:", ntohs(name.sin_port));
    queued_ = net::Dial("tcp", address_);
  }
  ~SilentListener() { close(number_); }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;
  const std::string& address() const { return address_; }

 private:
  const int number_;
  std::string address_;
  absl::StatusOr<net::Conn> queued_;
};

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_NET_SILENT_LISTENER_H_
