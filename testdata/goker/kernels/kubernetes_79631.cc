// A pod is looked up in the queue without the lock under which pods are erased.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct PriorityQueue {
  Mutex mutex;
  int last_pod = 3;
  Chan<Unit> stop = MakeChan<Unit>();

  void Flush() {
    {
      const std::scoped_lock hold(mutex);
      --last_pod;
    }
    stop.Recv();
  }
  int NominatedPod(bool buggy) {
    if (!buggy) mutex.Lock();
    const int seen = last_pod;
    if (!buggy) mutex.Unlock();
    return seen;
  }
};

KERNEL(kubernetes_79631, "Data race", "RACE") {
  auto queue = std::make_shared<PriorityQueue>();
  auto begun = std::make_shared<WaitGroup>();
  begun->Add(1);
  Go([queue, begun, buggy] {
    Go([queue] { queue->Flush(); });
    begun->Done();
    volatile int seen = queue->NominatedPod(buggy);
    static_cast<void>(seen);
    if (!buggy) queue->stop.Close();
  });
  begun->Wait();
}

}  // namespace
}  // namespace goker
