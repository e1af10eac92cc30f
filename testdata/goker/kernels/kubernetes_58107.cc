// Workers wait for work while they hold a lock for reading which a resync wants to write.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

constexpr int kRounds = 20;

struct Queue {
  Mutex mutex;
  Cond added{mutex};
  bool closed = false;

  void Get() {
    const std::scoped_lock hold(mutex);
    if (!closed) added.Wait();
  }
  void Close() {
    const std::scoped_lock hold(mutex);
    closed = true;
    added.Broadcast();
  }
};

struct QuotaController {
  RWMutex workers;
  Queue queues[2];

  void Work(Queue& queue, bool buggy) {
    workers.RLock();
    if (!buggy) workers.RUnlock();
    queue.Get();
    if (buggy) workers.RUnlock();
  }
  void Sync() {
    for (int i = 0; i < kRounds; ++i) {
      workers.Lock();
      time::Sleep(absl::Nanoseconds(1));
      workers.Unlock();
    }
  }
};

KERNEL(kubernetes_58107, "RWR deadlock", "RWW MIX PART LEAK") {
  auto controller = std::make_shared<QuotaController>();
  for (Queue& queue : controller->queues) {
    Go([controller, &queue, buggy] { controller->Work(queue, buggy); });
  }
  Go([controller] { controller->Sync(); });
  for (int i = 0; i < kRounds; ++i) {
    for (Queue& queue : controller->queues) queue.added.Signal();
  }
  // A worker may have come after the last signal: the repaired program closes its queues.
  if (!buggy) {
    for (Queue& queue : controller->queues) queue.Close();
  }
}

}  // namespace
}  // namespace goker
