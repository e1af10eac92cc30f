// A thread that is no goroutine has the channel.
#include <atomic>
#include <memory>
#include <thread>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(foreign_thread) {
  auto release = std::make_shared<std::atomic<bool>>(false);
  Chan<int> chan = MakeChan<int>();
  std::thread other([chan, release] {
    while (!*release) std::this_thread::yield();
    chan.Close();
  });
  Go([chan] { chan.Recv(); });
  chan = Chan<int>();
  Look();
  *release = true;
  other.join();
}

}  // namespace
}  // namespace healthy
