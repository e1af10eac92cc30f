// A backoff entry gets its time stamp after the lock has been given back.
#include <memory>
#include <mutex>
#include <vector>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Entry {
  int timestamp = 0;
};

struct BackoffQueue {
  Mutex mutex;
  std::vector<std::shared_ptr<Entry>> entries;

  void Flush() {
    const std::scoped_lock hold(mutex);
    for (const auto& entry : entries) {
      volatile int seen = entry->timestamp;
      static_cast<void>(seen);
    }
  }
  void Add(bool buggy) {
    auto entry = std::make_shared<Entry>();
    mutex.Lock();
    entries.push_back(entry);
    if (!buggy) entry->timestamp = 1;
    mutex.Unlock();
    if (buggy) entry->timestamp = 1;
  }
};

KERNEL(kubernetes_81148, "Data race", "RACE") {
  auto queue = std::make_shared<BackoffQueue>();
  auto stop = MakeChan<Unit>();
  Go([queue, stop] {
    queue->Flush();
    stop.Recv();
  });
  queue->Add(buggy);
  stop.Close();
}

}  // namespace
}  // namespace goker
