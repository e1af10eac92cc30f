// Dialer and ListenConfig: what each field does.
#include "muster/net_dialer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "muster/muster.h"
#include "tests/runtime/net/silent_listener.h"

namespace muster {
namespace {

int OptionOf(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(getsockopt(fd, level, option, &value, &size), 0);
  return value;
}

// On or off, seconds of silence, seconds between probes, probes.
std::vector<int> KeepAliveOf(const net::Conn& conn) {
  const int fd = conn.NativeHandle();
  return {OptionOf(fd, SOL_SOCKET, SO_KEEPALIVE), OptionOf(fd, IPPROTO_TCP, TCP_KEEPIDLE),
          OptionOf(fd, IPPROTO_TCP, TCP_KEEPINTVL), OptionOf(fd, IPPROTO_TCP, TCP_KEEPCNT)};
}

// A port that nobody uses.
int FreePort() { return net::Listen("tcp", "127.0.0.1:0")->Address().Port(); }

TEST(DialerTimeout, EndsADialThatWaits) {
  muster::Run([] {
    const testing::SilentListener silent;
    const net::Dialer dialer{.timeout = absl::Milliseconds(5)};
    const absl::Status err = dialer.Dial("tcp", silent.address()).status();
    EXPECT_TRUE(io::IsTimeout(err)) << err;
    EXPECT_EQ(err.message(), absl::StrCat("dial tcp ", silent.address(), ": i/o timeout"));
  });
}

TEST(DialerTimeout, DoesNotOutliveTheDial) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const net::Dialer dialer{.timeout = absl::Hours(1)};
    auto conn = dialer.Dial("tcp", listener->Address().String());
    ASSERT_TRUE(conn.ok()) << conn.status();
    auto accepted = listener->Accept();
    accepted->Write("x").err.IgnoreError();
    char buffer[1];
    EXPECT_TRUE(conn->Read(buffer).err.ok());
  });
}

TEST(DialerDeadline, ThatHasPassedFailsAtOnce) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const net::Dialer dialer{.deadline = absl::Now() - absl::Seconds(1)};
    EXPECT_TRUE(io::IsTimeout(dialer.Dial("tcp", listener->Address().String()).status()));
  });
}

TEST(DialerContext, EndsADialWhateverTheOtherLimits) {
  muster::Run([] {
    const testing::SilentListener silent;
    const net::Dialer dialer{.timeout = absl::Hours(1), .deadline = absl::Now() + absl::Hours(1)};
    const auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Milliseconds(5));
    EXPECT_TRUE(io::IsTimeout(dialer.DialContext(ctx, "tcp", silent.address()).status()));
    cancel();
  });
}

TEST(DialerLocalAddr, IsWhereTheConnectionComesFrom) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const std::string from = absl::StrCat("127.0.0.2:", FreePort());
    const net::Dialer dialer{.local_addr = *net::ResolveAddr("tcp", from)};
    auto conn = dialer.Dial("tcp", listener->Address().String());
    ASSERT_TRUE(conn.ok()) << conn.status();
    EXPECT_EQ(conn->LocalAddr().String(), from);
    EXPECT_EQ(listener->Accept()->RemoteAddr().String(), from);
  });
}

TEST(DialerLocalAddr, IsNamedByErrors) {
  muster::Run([] {
    const std::string to = absl::StrCat("127.0.0.1:", FreePort());
    const net::Dialer dialer{.local_addr = *net::ResolveAddr("tcp", "127.0.0.2:0")};
    EXPECT_EQ(dialer.Dial("tcp", to).status().message(),
              absl::StrCat("dial tcp 127.0.0.2:0->", to, ": connect: connection refused"));
  });
}

TEST(DialerLocalAddr, MustBeOfTheSameNetworkAndFamily) {
  muster::Run([] {
    EXPECT_EQ(net::Dialer{.local_addr = *net::ResolveAddr("udp", "127.0.0.1:0")}
                  .Dial("tcp", "127.0.0.1:1")
                  .status()
                  .message(),
              "dial tcp: address 127.0.0.1:0: mismatched local address type");
    EXPECT_EQ(net::Dialer{.local_addr = *net::ResolveAddr("tcp", "127.0.0.1:0")}
                  .Dial("tcp", "[::1]:1")
                  .status()
                  .message(),
              "dial tcp: address 127.0.0.1:0: no suitable address found");
  });
}

TEST(DialerLocalAddr, ThatIsAWildcardGoesWithBothFamilies) {
  muster::Run([] {
    auto listener = net::Listen("tcp6", "[::1]:0");
    if (!listener.ok()) GTEST_SKIP() << "no IPv6 here: " << listener.status();
    const int port = FreePort();
    const net::Dialer dialer{.local_addr =
                                 *net::ResolveAddr("tcp", absl::StrCat("0.0.0.0:", port))};
    auto conn = dialer.Dial("tcp", listener->Address().String());
    ASSERT_TRUE(conn.ok()) << conn.status();
    EXPECT_EQ(conn->LocalAddr().String(), absl::StrCat("[::1]:", port));
  });
}

TEST(DialerKeepAlive, SendsProbesAsGoDoes) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    EXPECT_EQ(KeepAliveOf(*net::Dial("tcp", address)), (std::vector{1, 15, 15, 9}));
    EXPECT_EQ(KeepAliveOf(*net::Dialer{.keep_alive = absl::Seconds(40)}.Dial("tcp", address)),
              (std::vector{1, 40, 15, 9}));
    EXPECT_EQ(KeepAliveOf(*net::Dialer{.keep_alive = absl::Seconds(-1)}.Dial("tcp", address))[0],
              0);
    const net::Dialer dialer{.keep_alive = absl::Seconds(-1),
                             .keep_alive_config = {.enable = true,
                                                   .idle = absl::Milliseconds(1500),
                                                   .interval = absl::Seconds(3),
                                                   .count = 4}};
    EXPECT_EQ(KeepAliveOf(*dialer.Dial("tcp", address)), (std::vector{1, 2, 3, 4}));
  });
}

TEST(ListenConfigKeepAlive, HoldsForWhatIsAccepted) {
  muster::Run([] {
    const auto accepted = [](const net::ListenConfig& config) {
      auto listener = config.Listen(context::Background(), "tcp", "127.0.0.1:0");
      const auto conn = net::Dial("tcp", listener->Address().String());
      return KeepAliveOf(*listener->Accept());
    };
    EXPECT_EQ(accepted({}), (std::vector{1, 15, 15, 9}));
    EXPECT_EQ(accepted({.keep_alive = absl::Seconds(-1)})[0], 0);
    EXPECT_EQ(accepted({.keep_alive = absl::Seconds(7)}), (std::vector{1, 7, 15, 9}));
  });
}

TEST(ConnKeepAlive, CanBeChanged) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    auto conn = net::Dial("tcp", listener->Address().String());
    EXPECT_TRUE(conn->SetKeepAlive(false).ok());
    EXPECT_EQ(KeepAliveOf(*conn)[0], 0);
    EXPECT_TRUE(
        conn->SetKeepAliveConfig({.enable = true, .idle = absl::Seconds(5), .count = -1}).ok());
    EXPECT_EQ(KeepAliveOf(*conn), (std::vector{1, 5, 15, 9}));
  });
}

TEST(ConnBuffers, AreAskedOfTheKernel) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    auto conn = net::Dial("tcp", listener->Address().String());
    // Linux doubles what it is asked for.
    EXPECT_TRUE(conn->SetReadBuffer(20000).ok());
    EXPECT_TRUE(conn->SetWriteBuffer(30000).ok());
    EXPECT_EQ(OptionOf(conn->NativeHandle(), SOL_SOCKET, SO_RCVBUF), 40000);
    EXPECT_EQ(OptionOf(conn->NativeHandle(), SOL_SOCKET, SO_SNDBUF), 60000);
  });
}

struct Seen {
  std::string network;
  std::string address;
  bool bound = false;
};

// Notes what it is called with.
net::Control Note(std::vector<Seen>* seen) {
  return [seen](const context::Context&, const std::string& network, const std::string& address,
                int fd) {
    sockaddr_storage name{};
    socklen_t size = sizeof(name);
    EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
    const auto* const four = reinterpret_cast<const sockaddr_in*>(&name);
    seen->push_back({network, address, name.ss_family == AF_INET && four->sin_port != 0});
    return absl::OkStatus();
  };
}

TEST(Control, IsCalledBeforeASocketIsBoundOrConnected) {
  muster::Run([] {
    std::vector<Seen> seen;
    const net::ListenConfig config{.control = Note(&seen)};
    auto listener = config.Listen(context::Background(), "tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    const net::Dialer dialer{.control = Note(&seen)};
    EXPECT_TRUE(dialer.Dial("tcp", address).ok());
    auto packets = config.ListenPacket(context::Background(), "udp4", "127.0.0.1:0");
    EXPECT_TRUE(packets.ok()) << packets.status();
    const std::string gram = packets->LocalAddr().String();
    EXPECT_TRUE(dialer.DialPacket(context::Background(), "udp", gram).ok());
    const std::vector<Seen> expected = {{"tcp4", "127.0.0.1:0", false},
                                        {"tcp4", address, false},
                                        {"udp4", "127.0.0.1:0", false},
                                        {"udp4", gram, false}};
    ASSERT_EQ(seen.size(), expected.size());
    for (size_t i = 0; i < seen.size(); ++i) {
      EXPECT_EQ(seen[i].network, expected[i].network);
      EXPECT_EQ(seen[i].address, expected[i].address);
      EXPECT_FALSE(seen[i].bound);
    }
  });
}

TEST(Control, FailsTheOperationWithItsError) {
  muster::Run([] {
    const auto refuse = [](const context::Context&, const std::string&, const std::string&, int) {
      return absl::PermissionDeniedError("not today");
    };
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    const absl::Status dialed = net::Dialer{.control = refuse}.Dial("tcp", address).status();
    EXPECT_EQ(dialed,
              absl::PermissionDeniedError(absl::StrCat("dial tcp ", address, ": not today")));
    EXPECT_EQ(net::ListenConfig{.control = refuse}
                  .Listen(context::Background(), "tcp", "127.0.0.1:0")
                  .status(),
              absl::PermissionDeniedError("listen tcp 127.0.0.1:0: not today"));
  });
}

TEST(Control, IsGivenTheContext) {
  muster::Run([] {
    static constinit const context::Key<int> kKey("key");
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    int value = 0;
    const net::Dialer dialer{
        .control = [&](const context::Context& ctx, const std::string&, const std::string&, int) {
          value = *ctx.Value(kKey);
          return absl::OkStatus();
        }};
    EXPECT_TRUE(dialer
                    .DialContext(context::WithValue(context::Background(), kKey, 7), "tcp",
                                 listener->Address().String())
                    .ok());
    EXPECT_EQ(value, 7);
  });
}

TEST(DialerNetwork, BothFamiliesReachAListenerWithoutAHost) {
  muster::Run([] {
    auto six = net::Listen("tcp6", "[::1]:0");
    if (!six.ok()) GTEST_SKIP() << "no IPv6 here: " << six.status();
    auto listener = net::Listen("tcp", ":0");
    const int port = listener->Address().Port();
    for (const char* const host : {"127.0.0.1", "[::1]"}) {
      auto conn = net::Dial("tcp", absl::StrCat(host, ":", port));
      EXPECT_TRUE(conn.ok()) << conn.status();
    }
  });
}

TEST(DialerNetwork, IsNamedByErrorsAsItWasAskedFor) {
  muster::Run([] {
    const std::string to = absl::StrCat("127.0.0.1:", FreePort());
    EXPECT_EQ(net::Dial("tcp4", to).status().message(),
              absl::StrCat("dial tcp4 ", to, ": connect: connection refused"));
  });
}

}  // namespace
}  // namespace muster
