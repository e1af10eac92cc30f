// An informer asks its queue under its lock, and the queue calls the informer under its own.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct FederatedInformer {
  Mutex mutex;
  Mutex queue_mutex;
  Chan<Unit> stop = MakeChan<Unit>();

  void Update() { const std::scoped_lock hold(mutex); }
  // One turn of the queue; false when the informer has stopped.
  bool PopAndProcess(bool buggy) {
    if (Select(OnRecv(stop), OnDefault()) == 0) return false;
    queue_mutex.Lock();
    if (!buggy) queue_mutex.Unlock();
    Update();
    if (buggy) queue_mutex.Unlock();
    runtime::Gosched();
    return true;
  }
  bool QueueHasSynced() {
    const std::scoped_lock hold(queue_mutex);
    return true;
  }
  void ClustersSynced() {
    const std::scoped_lock hold(mutex);
    QueueHasSynced();
  }
  void Stop() {
    const std::scoped_lock hold(mutex);
    stop.Close();
  }
};

KERNEL(kubernetes_30872, "AB-BA deadlock", "CYCLE PRED PART LEAK") {
  auto informer = std::make_shared<FederatedInformer>();
  auto stop = MakeChan<Unit>();
  informer->mutex.Lock();
  Go([informer, buggy] {
    while (informer->PopAndProcess(buggy)) {
    }
  });
  informer->mutex.Unlock();
  Go([informer] { informer->ClustersSynced(); });
  Go([informer, stop] {
    stop.Recv();
    informer->Stop();
  });
  stop.Close();
}

}  // namespace
}  // namespace goker
