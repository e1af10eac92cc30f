// A writer waits for a reader, and readers behind it.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(readers_behind_a_writer) {
  auto mutex = std::make_shared<RWMutex>();
  WaitGroup group;
  mutex->RLock();
  group.Go([mutex] {
    mutex->Lock();
    mutex->Unlock();
  });
  time::Sleep(absl::Milliseconds(5));
  for (int i = 0; i < 3; ++i) {
    group.Go([mutex] {
      mutex->RLock();
      mutex->RUnlock();
    });
  }
  Look();
  mutex->RUnlock();
  group.Wait();
}

}  // namespace
}  // namespace healthy
