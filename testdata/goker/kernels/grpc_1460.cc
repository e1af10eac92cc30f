// A keepalive waits to be awakened with the lock that waking it needs.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Transport {
  Mutex mutex;
  int streams = 0;
  bool dormant = false;
  Chan<Unit> awaken = MakeChan<Unit>();

  void Keepalive(bool buggy) {
    mutex.Lock();
    const bool sleeps = streams == 0;
    dormant = sleeps;
    if (!buggy) mutex.Unlock();
    if (sleeps) awaken.Recv();
    if (buggy) mutex.Unlock();
  }
  void NewStream(bool buggy) {
    mutex.Lock();
    ++streams;
    const bool wakes = dormant;
    if (buggy) {
      if (streams == 1) Select(OnSend(awaken, Unit()), OnDefault());
      mutex.Unlock();
    } else {
      mutex.Unlock();
      if (wakes) awaken.Send({});
    }
  }
};

KERNEL(grpc_1460, "Channel & Lock", "MIX PART LEAK") {
  auto transport = std::make_shared<Transport>();
  Go([transport, buggy] { transport->Keepalive(buggy); });
  Go([transport, buggy] { transport->NewStream(buggy); });
}

}  // namespace
}  // namespace goker
