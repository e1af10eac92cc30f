// The one who reads the progress leaves early, and everybody who reports progress is stuck.
#include <memory>
#include <vector>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Watcher {
  Chan<Unit> signal = MakeChan<Unit>();
  Chan<Unit> release = MakeChan<Unit>();
  Chan<Unit> running = MakeChan<Unit>();
};

struct Transfer {
  Mutex mutex;
  Chan<int> progress = MakeChan<int>();
  Chan<Unit> progress_done = MakeChan<Unit>();
};

void Watch(const std::shared_ptr<Transfer>& transfer, const std::shared_ptr<Watcher>& watcher) {
  for (bool done = false;;) {
    transfer->mutex.Lock();
    transfer->mutex.Unlock();
    if (Draw(2) == 0) transfer->progress.Send(1);
    if (done) break;
    Select(OnRecv(watcher->signal), OnRecv(watcher->release, [&] { done = true; }));
  }
  watcher->running.Close();
}

void ReadProgress(const std::shared_ptr<Transfer>& transfer, bool buggy) {
  for (int item : transfer->progress) {
    if (buggy && Draw(2) == 0) return;
    static_cast<void>(item);
  }
  transfer->progress_done.Close();
}

KERNEL(moby_21233, "Channel", "PART LEAK") {
  auto transfer = std::make_shared<Transfer>();
  Go([transfer, buggy] { ReadProgress(transfer, buggy); });
  Go([transfer] {
    std::vector<std::shared_ptr<Watcher>> watchers;
    for (int i = 0; i < 3; ++i) {
      watchers.push_back(std::make_shared<Watcher>());
      Go([transfer, watcher = watchers.back()] { Watch(transfer, watcher); });
    }
    for (const auto& watcher : watchers) {
      watcher->release.Close();
      watcher->running.Recv();
    }
    transfer->progress.Close();
    transfer->progress_done.Recv();
  });
}

}  // namespace
}  // namespace goker
