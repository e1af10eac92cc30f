// A watch broadcast is stopped under the lock which its last update still needs.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Broadcasts {
  Mutex mutex;
  Chan<int> updates = MakeChan<int>(1);
  Chan<Unit> done = MakeChan<Unit>();

  void Run() {
    for (int update : updates) {
      static_cast<void>(update);
      const std::scoped_lock hold(mutex);
    }
    done.Close();
  }
  void Stop(bool buggy) {
    mutex.Lock();
    updates.Close();
    if (!buggy) mutex.Unlock();
    done.Recv();
    if (buggy) mutex.Unlock();
  }
};

KERNEL(etcd_6873, "Channel & Lock", "MIX PART LEAK") {
  auto broadcasts = std::make_shared<Broadcasts>();
  Go([broadcasts] { broadcasts->Run(); });
  Select(OnSend(broadcasts->updates, 1), OnDefault());
  Go([broadcasts, buggy] { broadcasts->Stop(buggy); });
}

}  // namespace
}  // namespace goker
