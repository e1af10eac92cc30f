// A server that sends back what it gets: one goroutine for each connection.
#ifndef DOCS_EXAMPLES_ECHO_SERVER_H_
#define DOCS_EXAMPLES_ECHO_SERVER_H_

#include <cstdio>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "muster/muster.h"

class EchoServer {
 public:
  explicit EchoServer(muster::net::Listener listener) : listener_(std::move(listener)) {}

  // Until Shutdown.
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

  // Ends every connection; returns when all their goroutines have gone.
  void Shutdown() {
    listener_.Close().IgnoreError();
    {
      std::scoped_lock lock(mutex_);
      for (auto& [id, conn] : open_) conn.CloseRead().IgnoreError();
    }
    goroutines_.Wait();
  }

 private:
  static void Echo(muster::net::Conn& conn) {
    char buffer[512];
    for (;;) {
      const auto [n, err] = conn.Read(buffer);
      if (!err.ok() || !conn.Write({buffer, n}).err.ok()) return;
    }
  }

  muster::net::Listener listener_;
  muster::Mutex mutex_;
  std::unordered_map<int, muster::net::Conn> open_;
  muster::WaitGroup goroutines_;
};

#endif  // DOCS_EXAMPLES_ECHO_SERVER_H_
