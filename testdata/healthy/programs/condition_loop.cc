// Consumers wait for a condition in a loop.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

struct Queue {
  Mutex mutex;
  Cond cond{mutex};
  bool closed = false;
};

HEALTHY(condition_loop) {
  auto queue = std::make_shared<Queue>();
  WaitGroup group;
  for (int i = 0; i < 4; ++i) {
    group.Go([queue] {
      queue->mutex.Lock();
      while (!queue->closed) queue->cond.Wait();
      queue->mutex.Unlock();
    });
  }
  Look();
  queue->mutex.Lock();
  queue->closed = true;
  queue->cond.Broadcast();
  queue->mutex.Unlock();
  group.Wait();
}

}  // namespace
}  // namespace healthy
