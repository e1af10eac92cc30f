// A variable of a foreign thread's own has the channel.
#include <atomic>
#include <memory>
#include <thread>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

thread_local std::unique_ptr<Chan<int>> t_chan;
std::atomic<bool> g_made{false}, g_release{false};

HEALTHY(thread_local_owner) {
  g_made = g_release = false;
  Chan<int> chan = MakeChan<int>();
  std::thread other([&chan] {
    t_chan = std::make_unique<Chan<int>>(chan);
    g_made = true;
    while (!g_release) std::this_thread::yield();
    t_chan->Close();
  });
  while (!g_made) runtime::Gosched();
  Go([chan] { chan.Recv(); });
  chan = Chan<int>();
  Look();
  g_release = true;
  other.join();
}

}  // namespace
}  // namespace healthy
