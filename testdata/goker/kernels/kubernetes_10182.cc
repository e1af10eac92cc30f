// A status manager sends under its lock; the reader takes the lock between two receives.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct StatusManager {
  Mutex mutex;
  Chan<int> updates = MakeChan<int>();

  void SyncBatch() {
    for (int i = 0; i < 2; ++i) {
      updates.Recv();
      mutex.Lock();
      mutex.Unlock();
    }
  }
  void SetStatus(int status, bool buggy) {
    mutex.Lock();
    if (!buggy) mutex.Unlock();
    updates.Send(status);
    if (buggy) mutex.Unlock();
  }
};

KERNEL(kubernetes_10182, "Channel & Lock", "MIX PART LEAK") {
  auto manager = std::make_shared<StatusManager>();
  Go([manager] { manager->SyncBatch(); });
  for (int status = 0; status < 2; ++status) {
    Go([manager, status, buggy] { manager->SetStatus(status, buggy); });
  }
}

}  // namespace
}  // namespace goker
