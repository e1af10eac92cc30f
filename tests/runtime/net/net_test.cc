// Sockets: listeners, connections, datagrams, deadlines, errors.
#include "muster/net.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "muster/muster.h"
#include "tests/runtime/net/silent_listener.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

struct Connected {
  net::Listener listener;
  net::Conn client;
  net::Conn server;
};

Connected Connect(const std::string& network, const std::string& address) {
  Connected made;
  auto listener = net::Listen(network, address);
  EXPECT_TRUE(listener.ok()) << listener.status();
  made.listener = *listener;
  auto client = net::Dial(network, made.listener.Address().String());
  EXPECT_TRUE(client.ok()) << client.status();
  made.client = *client;
  auto server = made.listener.Accept();
  EXPECT_TRUE(server.ok()) << server.status();
  made.server = *server;
  return made;
}

std::string ReadAll(net::Conn conn) {
  std::string all;
  for (char buffer[256];;) {
    const auto [n, err] = conn.Read(buffer);
    all.append(buffer, n);
    if (!err.ok()) {
      EXPECT_TRUE(io::IsEOF(err)) << err;
      return all;
    }
  }
}

// Until as many goroutines as said wait for a descriptor.
void AwaitIOWaits(int count) { testing::WaitUntilCountParked(count, record::WaitReason::kIOWait); }

class NetStream : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(NetStream, CarriesBytesBothWaysAndEndsWithEOF) {
  muster::Run([] {
    std::string address = GetParam().second;
    // A path is not shared with another run of the test.
    if (absl::StartsWith(GetParam().first, "unix")) absl::StrAppend(&address, ".", getpid());
    Connected made = Connect(GetParam().first, address);
    EXPECT_TRUE(made.client.Write("question").err.ok());
    EXPECT_TRUE(made.client.CloseWrite().ok());
    EXPECT_EQ(ReadAll(made.server), "question");
    EXPECT_TRUE(made.server.Write("answer").err.ok());
    EXPECT_TRUE(made.server.Close().ok());
    EXPECT_EQ(ReadAll(made.client), "answer");
    EXPECT_TRUE(made.listener.Close().ok());
    EXPECT_FALSE(net::Dial(GetParam().first, made.listener.Address().String()).ok());
  });
}

INSTANTIATE_TEST_SUITE_P(Networks, NetStream,
                         ::testing::Values(std::pair("tcp", "127.0.0.1:0"),
                                           std::pair("tcp4", "127.0.0.1:0"),
                                           std::pair("unix", "/tmp/muster_net_test"),
                                           std::pair("unix", "@muster-net-test")));

TEST(NetAddress, IsKnownAtBothEnds) {
  muster::Run([] {
    const Connected made = Connect("tcp", "127.0.0.1:0");
    EXPECT_EQ(made.client.RemoteAddr(), made.listener.Address());
    EXPECT_EQ(made.client.LocalAddr(), made.server.RemoteAddr());
    EXPECT_EQ(made.client.RemoteAddr().IP(), "127.0.0.1");
    EXPECT_STREQ(made.client.LocalAddr().Network(), "tcp");
    EXPECT_GT(made.listener.Address().Port(), 0);
  });
}

TEST(NetAddress, IsReadAndWrittenAsInGo) {
  EXPECT_EQ(net::ResolveAddr("tcp", "[::1]:80")->String(), "[::1]:80");
  EXPECT_EQ(net::ResolveAddr("udp", "10.0.0.1:53")->String(), "10.0.0.1:53");
  EXPECT_EQ(net::ResolveAddr("unix", "/run/x")->String(), "/run/x");
  EXPECT_EQ(net::ResolveAddr("tcp", "localhost").status().message(),
            "address localhost: missing port in address");
  EXPECT_EQ(net::ResolveAddr("tcp", "::1:80").status().message(),
            "address ::1:80: too many colons in address");
  EXPECT_FALSE(net::ResolveAddr("carrier", "pigeon:1").ok());
}

TEST(NetLookup, FindsThisMachine) {
  const auto hosts = net::LookupHost("localhost");
  ASSERT_TRUE(hosts.ok());
  EXPECT_NE(std::find(hosts->begin(), hosts->end(), "127.0.0.1"), hosts->end());
}

TEST(NetRecord, ShowsBothAddressesOfWhatAGoroutineWaitsFor) {
  muster::Run([] {
    Connected made = Connect("tcp", "127.0.0.1:0");
    WaitGroup done;
    done.Go([&] { ReadAll(made.server); });
    const std::string name = absl::StrCat("tcp ", made.server.LocalAddr().String(), "->",
                                          made.server.RemoteAddr().String());
    testing::WaitUntil([&](const record::Snapshot& snapshot) {
      for (const record::Object& object : snapshot.objects) {
        if (object.name == name && object.fd == made.server.NativeHandle()) return true;
      }
      return false;
    });
    made.client.Close().IgnoreError();
    done.Wait();
  });
}

TEST(NetError, NamesOperationAddressesAndCause) {
  muster::Run([] {
    Connected made = Connect("tcp", "127.0.0.1:0");
    const std::string ends =
        absl::StrCat(made.server.LocalAddr().String(), "->", made.server.RemoteAddr().String());
    made.client.SetLinger(0).IgnoreError();
    made.client.Close().IgnoreError();  // resets the connection
    char buffer[8];
    const absl::Status err = made.server.Read(buffer).err;
    EXPECT_EQ(err.message(), absl::StrCat("read tcp ", ends, ": read: connection reset by peer"));
    EXPECT_EQ(io::Errno(err), ECONNRESET);
    EXPECT_EQ(
        made.client.Write("x").err.message(),
        absl::StrCat("write tcp ", made.client.LocalAddr().String(), "->",
                     made.client.RemoteAddr().String(), ": use of closed network connection"));
  });
}

TEST(NetError, OfADialNamesWhomItCalled) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    listener->Close().IgnoreError();
    const absl::Status err = net::Dial("tcp", address).status();
    EXPECT_EQ(err.message(), absl::StrCat("dial tcp ", address, ": connect: connection refused"));
    EXPECT_EQ(io::Errno(err), ECONNREFUSED);
  });
}

TEST(NetClose, WakesAnAccept) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    WaitGroup done;
    done.Go([&] { EXPECT_TRUE(io::IsClosed(listener->Accept().status())); });
    AwaitIOWaits(1);
    EXPECT_TRUE(listener->Close().ok());
    done.Wait();
    EXPECT_TRUE(io::IsClosed(listener->Close()));
  });
}

// One waits for the descriptor, and the others for their turn.
TEST(NetClose, WakesAllThatAccept) {
  muster::Run([] {
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    WaitGroup done;
    for (int i = 0; i < 5; ++i) {
      done.Go([&] { EXPECT_TRUE(io::IsClosed(listener->Accept().status())); });
    }
    AwaitIOWaits(1);
    testing::WaitUntilCountParked(4, record::WaitReason::kMutexLock);
    EXPECT_TRUE(listener->Close().ok());
    done.Wait();
  });
}

TEST(NetClose, HappensWhenTheLastHandleIsGone) {
  muster::Run([] {
    Connected made = Connect("tcp", "127.0.0.1:0");
    net::Conn copy = made.client;
    made.client = net::Conn();
    EXPECT_TRUE(copy.Write("x").err.ok());
    copy = net::Conn();
    EXPECT_EQ(ReadAll(made.server), "x");
  });
}

TEST(NetClose, RemovesTheUnixSocketsPath) {
  muster::Run([] {
    const std::string path = absl::StrCat("/tmp/muster_net_unlink.", getpid());
    auto listener = net::Listen("unix", path);
    ASSERT_TRUE(listener.ok());
    EXPECT_EQ(access(path.c_str(), F_OK), 0);
    listener->Close().IgnoreError();
    EXPECT_NE(access(path.c_str(), F_OK), 0);
  });
}

TEST(NetDeadline, WakesAReaderAndCanBeLifted) {
  muster::Run([] {
    Connected made = Connect("tcp", "127.0.0.1:0");
    WaitGroup done;
    done.Go([&] {
      char buffer[8];
      const absl::Status err = made.server.Read(buffer).err;
      EXPECT_TRUE(io::IsTimeout(err)) << err;
      EXPECT_TRUE(absl::EndsWith(std::string(err.message()), ": i/o timeout"));
    });
    AwaitIOWaits(1);
    EXPECT_TRUE(made.server.SetReadDeadline(absl::InfinitePast()).ok());
    done.Wait();
    EXPECT_TRUE(made.server.SetReadDeadline(absl::InfiniteFuture()).ok());
    made.client.Write("x").err.IgnoreError();
    made.client.Close().IgnoreError();
    EXPECT_EQ(ReadAll(made.server), "x");
  });
}

TEST(NetContext, CancelsAReadByADeadline) {
  muster::Run([] {
    Connected made = Connect("tcp", "127.0.0.1:0");
    auto [ctx, cancel] = context::WithCancel(context::Background());
    WaitGroup done;
    done.Go([&, ctx] {
      auto stop = context::AfterFunc(
          ctx, [&] { made.server.SetDeadline(absl::InfinitePast()).IgnoreError(); });
      char buffer[8];
      EXPECT_TRUE(io::IsTimeout(made.server.Read(buffer).err));
      stop();
    });
    AwaitIOWaits(1);
    cancel();
    done.Wait();
  });
}

TEST(NetContext, ThatIsOverFailsADialAtOnce) {
  muster::Run([] {
    auto [ctx, cancel] = context::WithCancel(context::Background());
    cancel();
    auto listener = net::Listen("tcp", "127.0.0.1:0");
    const absl::Status err = net::Dial(ctx, "tcp", listener->Address().String()).status();
    EXPECT_EQ(err.code(), absl::StatusCode::kCancelled) << err;
    EXPECT_TRUE(absl::EndsWith(std::string(err.message()), "operation was canceled")) << err;
  });
}

TEST(NetContext, CancelsADialThatWaits) {
  muster::Run([] {
    const testing::SilentListener silent;
    const std::string address = silent.address();
    auto [ctx, cancel] = context::WithCancel(context::Background());
    WaitGroup done;
    done.Go([&, ctx] {
      const absl::Status err = net::Dial(ctx, "tcp", address).status();
      EXPECT_EQ(err.code(), absl::StatusCode::kCancelled) << err;
    });
    AwaitIOWaits(1);
    cancel();
    done.Wait();
    auto [timed, cancel_timed] = context::WithTimeout(context::Background(), absl::Milliseconds(5));
    EXPECT_TRUE(io::IsTimeout(net::Dial(timed, "tcp", address).status()));
    cancel_timed();
  });
}

TEST(NetPacket, CarriesDatagramsWithTheirSenders) {
  muster::Run([] {
    auto server = net::ListenUDP("127.0.0.1:0");
    ASSERT_TRUE(server.ok()) << server.status();
    auto client = net::DialUDP(server->LocalAddr().String());
    ASSERT_TRUE(client.ok()) << client.status();
    WaitGroup done;
    done.Go([&] {
      char buffer[64];
      const auto packet = server->ReadFrom(buffer);
      EXPECT_EQ(std::string(buffer, packet.n), "ping");
      EXPECT_EQ(packet.from, client->LocalAddr());
      EXPECT_TRUE(server->WriteTo("pong", packet.from).err.ok());
    });
    AwaitIOWaits(1);
    EXPECT_TRUE(client->Write("ping").err.ok());
    char buffer[64];
    const auto [n, err] = client->Read(buffer);
    EXPECT_EQ(std::string(buffer, n), "pong");
    done.Wait();
  });
}

TEST(NetPacket, WorksOverUnixSockets) {
  muster::Run([] {
    auto a = net::ListenPacket("unixgram", absl::StrCat("@muster-gram-a", getpid()));
    auto b = net::ListenPacket("unixgram", absl::StrCat("@muster-gram-b", getpid()));
    ASSERT_TRUE(a.ok() && b.ok());
    EXPECT_TRUE(a->WriteTo("hello", b->LocalAddr()).err.ok());
    char buffer[64];
    const auto packet = b->ReadFrom(buffer);
    EXPECT_EQ(std::string(buffer, packet.n), "hello");
    EXPECT_EQ(packet.from, a->LocalAddr());
  });
}

TEST(NetHandle, ThatNamesNothingFails) {
  net::Conn conn;
  char buffer[1];
  EXPECT_EQ(conn.Read(buffer).err.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(conn.Close().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(conn);
}

}  // namespace
}  // namespace muster
