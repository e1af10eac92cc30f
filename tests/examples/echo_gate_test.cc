// The echo server of docs/examples, judged by the leak gate after many connections.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "docs/examples/echo_server.h"
#include "inspector/gtest/leftovers.h"

namespace {

using muster::inspector::gtest::AwaitLeftovers;
using muster::inspector::gtest::FindLeftovers;

// As many as the limit on open files allows: both ends are in this process.
int Connections() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 2 * CONNECTIONS + 100) {
    rlimit more = {2 * CONNECTIONS + 100, 2 * CONNECTIONS + 100};
    setrlimit(RLIMIT_NOFILE, &more);  // root may
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min<rlim_t>(CONNECTIONS, (limit.rlim_max - 100) / 2));
}

// Sockets only: the runtime's monitor opens other files now and then, to see how many CPUs there
// are.
ptrdiff_t OpenSockets() {
  ptrdiff_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code closed;  // meanwhile, by another thread
    const std::string target = std::filesystem::read_symlink(entry, closed).string();
    if (target.starts_with("socket:")) ++count;
  }
  return count;
}

bool IsEchoed(muster::net::Conn conn) {
  char buffer[4];
  return conn.Write("ping").err.ok() && conn.Read(buffer).n > 0;
}

TEST(EchoServer, LeavesNothingBehindAfterItsShutdown) {
  const std::string test = "EchoServer.LeavesNothingBehindAfterItsShutdown";
  const int connections = Connections();
  std::printf("%d connections\n", connections);
  muster::Run([&] {  // the endpoint's comes with the runtime
    muster::net::Listen("tcp", "127.0.0.1:0").IgnoreError();
  });
  const ptrdiff_t open_sockets = OpenSockets();
  muster::Run([&] {
    auto listener = muster::net::Listen("tcp", "127.0.0.1:0");
    ASSERT_TRUE(listener.ok()) << listener.status();
    EchoServer server(*listener);
    muster::WaitGroup serving;
    serving.Go([&] { server.Serve(); });
    std::vector<muster::net::Conn> clients;
    for (int i = 0; i < connections; ++i) {
      auto conn = muster::net::Dial("tcp", listener->Address().String());
      ASSERT_TRUE(conn.ok() && IsEchoed(*conn)) << i << ": " << conn.status();
      clients.push_back(*conn);
    }
    // The gate sees each of them while they are there: it is not blind to what it allows later.
    EXPECT_GE(FindLeftovers(test, {}).size(), static_cast<size_t>(connections));
    server.Shutdown();
    serving.Wait();
  });
  EXPECT_TRUE(AwaitLeftovers(test, {}, absl::Seconds(60)).empty());
  EXPECT_EQ(OpenSockets(), open_sockets);
}

}  // namespace
