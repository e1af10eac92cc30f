// A proxy whose dial fails goes on to the next packet with the table locked.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct UdpProxy {
  Mutex table_mutex;
  int connections = 0;

  bool Dial() { return false; }
  void Run(bool buggy) {
    for (int packet = 0; packet < 2; ++packet) {
      table_mutex.Lock();
      if (!Dial()) {
        if (!buggy) table_mutex.Unlock();
        continue;
      }
      ++connections;
      table_mutex.Unlock();
    }
  }
};

KERNEL(moby_7559, "Double locking", "SELF PART LEAK") {
  auto proxy = std::make_shared<UdpProxy>();
  Go([proxy, buggy] { proxy->Run(buggy); });
}

}  // namespace
}  // namespace goker
