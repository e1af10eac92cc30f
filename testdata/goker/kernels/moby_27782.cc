// A log follower that is told to close waits on a condition which only writes would signal.
#include <memory>
#include <mutex>
#include <vector>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct FileWatcher {
  Mutex mutex;
  Cond removed{mutex};
  Chan<int> events = MakeChan<int>();
  Chan<Unit> done = MakeChan<Unit>();
  bool closed = false;

  void ReadEvents() {
    while (Select(OnRecv(done), OnDefault()) != 0) {
      time::Sleep(absl::Nanoseconds(300));
      if (Select(OnSend(events, 1), OnRecv(done)) == 1) return;
    }
  }
  void Remove(bool buggy) {
    const std::scoped_lock hold(mutex);
    while (buggy && !closed) removed.Wait();
  }
  void Close() {
    const std::scoped_lock hold(mutex);
    closed = true;
    done.Close();
  }
};

struct Logger {
  Mutex mutex;
  std::vector<Chan<Unit>> readers;

  Chan<Unit> Register() {
    const std::scoped_lock hold(mutex);
    return readers.emplace_back(MakeChan<Unit>());
  }
  void Close() {
    const std::scoped_lock hold(mutex);
    for (const Chan<Unit>& notifier : readers) notifier.Close();
    readers.clear();
  }
};

void Follow(const std::shared_ptr<Logger>& logger, bool buggy) {
  const Chan<Unit> closing = logger->Register();
  auto watcher = std::make_shared<FileWatcher>();
  Go([watcher] { watcher->ReadEvents(); });
  time::Sleep(absl::Nanoseconds(300));
  Select(OnRecv(watcher->events), OnRecv(closing, [&] { watcher->Remove(buggy); }));
  watcher->Close();
}

KERNEL(moby_27782, "Channel & Condition Variable", "PART LEAK") {
  auto logger = std::make_shared<Logger>();
  Go([logger, buggy] {
    Go([logger, buggy] { Follow(logger, buggy); });
    runtime::Gosched();
    logger->Close();
  });
}

}  // namespace
}  // namespace goker
