// A heap of pods is measured without the lock under which it shrinks.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct PriorityQueue {
  Mutex mutex;
  int size = 3;
  Chan<Unit> stop = MakeChan<Unit>();

  void Flush() {
    {
      const std::scoped_lock hold(mutex);
      --size;
    }
    stop.Recv();
  }
  int Len(bool buggy) {
    if (!buggy) mutex.Lock();
    const int seen = size;
    if (!buggy) mutex.Unlock();
    return seen;
  }
};

KERNEL(kubernetes_88331, "Data race", "RACE") {
  auto queue = std::make_shared<PriorityQueue>();
  auto begun = std::make_shared<WaitGroup>();
  begun->Add(1);
  Go([queue, begun, buggy] {
    Go([queue] { queue->Flush(); });
    begun->Done();
    volatile int seen = queue->Len(buggy);
    static_cast<void>(seen);
    if (!buggy) queue->stop.Close();
  });
  begun->Wait();
}

}  // namespace
}  // namespace goker
