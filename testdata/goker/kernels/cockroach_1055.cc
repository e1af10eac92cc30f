// A stopper drains and waits for its workers under the lock that a starting worker takes.
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Stopper {
  Mutex mutex;
  std::atomic<bool> draining{false};
  WaitGroup tasks;
  WaitGroup workers;
  Chan<Unit> stopping = MakeChan<Unit>();

  void Quiesce(bool buggy) {
    mutex.Lock();
    draining = true;
    if (!buggy) mutex.Unlock();
    tasks.Wait();
    draining = !buggy;
    if (buggy) mutex.Unlock();
  }
  void Stop(bool buggy) {
    mutex.Lock();
    draining = true;
    if (!buggy) mutex.Unlock();
    tasks.Wait();
    stopping.Close();
    workers.Wait();
    if (buggy) mutex.Unlock();
  }
};

void Work(const std::shared_ptr<Stopper>& stopper, bool buggy) {
  if (!stopper->draining) {
    const std::scoped_lock hold(stopper->mutex);
    if (buggy) {
      stopper->tasks.Add(1);
    } else if (!stopper->draining) {
      stopper->tasks.Add(1);
      stopper->tasks.Done();
    }
  }
  stopper->stopping.Recv();
  stopper->workers.Done();
}

KERNEL(cockroach_1055, "Channel & WaitGroup", "MIX PART GLOB LEAK") {
  std::vector<std::shared_ptr<Stopper>> stoppers;
  for (int i = 0; i < 3; ++i) {
    stoppers.push_back(std::make_shared<Stopper>());
    stoppers.back()->workers.Add(1);
    Go([stopper = stoppers.back(), buggy] { Work(stopper, buggy); });
  }
  auto done = MakeChan<Unit>();
  Go([stoppers, done, buggy] {
    for (const auto& stopper : stoppers) stopper->Quiesce(buggy);
    for (const auto& stopper : stoppers) stopper->Stop(buggy);
    done.Close();
  });
  done.Recv();
}

}  // namespace
}  // namespace goker
