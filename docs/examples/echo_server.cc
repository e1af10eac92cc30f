// An echo server: one goroutine for each connection. It runs until its standard input ends, then
// closes what is open, and waits until every goroutine has gone.
//
//   echo_server [ADDRESS]
#include <cstdio>
#include <mutex>
#include <string>
#include <unordered_map>

#include "muster/muster.h"
#include "muster/os.h"

using muster::net::Conn;

class EchoServer {
 public:
  explicit EchoServer(muster::net::Listener listener) : listener_(std::move(listener)) {}

  void Serve() {
    for (;;) {
      auto conn = listener_.Accept();
      if (!conn.ok()) {
        if (muster::io::IsClosed(conn.status())) return;
        std::fprintf(stderr, "%s\n", conn.status().ToString().c_str());
        muster::time::Sleep(absl::Milliseconds(5));  // out of descriptors, most likely
        continue;
      }
      const int id = conn->NativeHandle();
      {
        std::scoped_lock lock(mutex_);
        open_.emplace(id, *conn);
      }
      goroutines_.Go([this, id, conn = *conn]() mutable {
        Echo(conn);
        std::scoped_lock lock(mutex_);
        open_.erase(id);
      });
    }
  }

  void Shutdown() {
    listener_.Close().IgnoreError();
    {
      std::scoped_lock lock(mutex_);
      for (auto& [id, conn] : open_) conn.CloseRead().IgnoreError();
    }
    goroutines_.Wait();
  }

 private:
  static void Echo(Conn& conn) {
    char buffer[512];
    for (;;) {
      const auto [n, err] = conn.Read(buffer);
      if (!err.ok() || !conn.Write({buffer, n}).err.ok()) return;
    }
  }

  muster::net::Listener listener_;
  muster::Mutex mutex_;
  std::unordered_map<int, Conn> open_;
  muster::WaitGroup goroutines_;
};

int main(int argc, char** argv) {
  return muster::Run([&] {
    auto listener = muster::net::Listen("tcp", argc > 1 ? argv[1] : "127.0.0.1:7000");
    if (!listener.ok()) {
      std::fprintf(stderr, "%s\n", std::string(listener.status().message()).c_str());
      return 1;
    }
    std::printf("%s\n", listener->Address().String().c_str());
    std::fflush(stdout);
    EchoServer server(*listener);
    muster::WaitGroup serving;
    serving.Go([&] { server.Serve(); });
    muster::os::File in = muster::os::Stdin();
    for (char buffer[64]; in.Read(buffer).err.ok();) {
    }
    server.Shutdown();
    serving.Wait();
    return 0;
  });
}
