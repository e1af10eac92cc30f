// A lock is taken by one goroutine and given back by another, as Go allows.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(lock_hand_over) {
  auto mutex = std::make_shared<Mutex>();
  WaitGroup group;
  mutex->Lock();
  group.Go([mutex] {
    mutex->Lock();
    mutex->Unlock();
  });
  Look();
  mutex->Unlock();
  group.Wait();
}

}  // namespace
}  // namespace healthy
