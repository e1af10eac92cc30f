// A request that meets a closed client returns with the read lock held.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Client {
  RWMutex mutex;
  Mutex remote_mutex;
  bool cancelled = false;

  void AcquireRemote() {
    remote_mutex.Lock();
    remote_mutex.Unlock();
  }
  // Whether the client is open still.
  bool Request(bool buggy) {
    mutex.RLock();
    const bool closed = cancelled;
    AcquireRemote();
    if (closed) {
      if (!buggy) mutex.RUnlock();
      return false;
    }
    mutex.RUnlock();
    return true;
  }
  void Close() {
    mutex.Lock();
    cancelled = true;
    mutex.Unlock();
    mutex.Lock();
    mutex.Unlock();
  }
};

KERNEL(etcd_5509, "Double locking", "ORPHAN GLOB PART LEAK") {
  auto client = std::make_shared<Client>();
  auto done = MakeChan<Unit>();
  Go([client, done, buggy] {
    while (client->Request(buggy)) {
    }
    done.Close();
  });
  client->Close();
  done.Recv();
}

}  // namespace
}  // namespace goker
