// Others wait for a lock whose holder sleeps.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(lock_held_over_sleep) {
  auto mutex = std::make_shared<Mutex>();
  Go([mutex] {
    mutex->Lock();
    time::Sleep(absl::Milliseconds(300));
    mutex->Unlock();
  });
  time::Sleep(absl::Milliseconds(5));
  for (int i = 0; i < 3; ++i) {
    Go([mutex] {
      mutex->Lock();
      mutex->Unlock();
    });
  }
  mutex.reset();
  Look();
}

}  // namespace
}  // namespace healthy
