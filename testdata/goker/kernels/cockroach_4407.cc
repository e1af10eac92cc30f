// Tasks are added to a wait group that may be at nought while the stopper waits for it.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Stopper {
  Mutex mutex;
  WaitGroup tasks;
  bool stopping = false;
};

void StartTask(const std::shared_ptr<Stopper>& stopper, bool buggy) {
  const std::scoped_lock hold(stopper->mutex);
  if (!buggy && stopper->stopping) return;
  stopper->tasks.Add(1);
  Go([stopper] {
    stopper->mutex.Lock();
    stopper->mutex.Unlock();
    stopper->tasks.Done();
  });
}

KERNEL(cockroach_4407, "WaitGroup", "MISUSE RACE") {
  auto stopper = std::make_shared<Stopper>();
  for (int i = 0; i < 2; ++i) Go([stopper, buggy] { StartTask(stopper, buggy); });
  time::Sleep(absl::Nanoseconds(300));
  if (!buggy) {
    const std::scoped_lock hold(stopper->mutex);
    stopper->stopping = true;
  }
  stopper->tasks.Wait();
}

}  // namespace
}  // namespace goker
