// A cached connection expires while it is asked for again: the timer gives up, lock held.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Entry {
  time::Timer expiry;
  bool abort_deleting = false;
};

struct SubConnCache {
  Mutex mutex;
  std::shared_ptr<Entry> cached;

  void New() {
    const std::scoped_lock hold(mutex);
    if (cached == nullptr) return;
    if (!cached->expiry.Stop()) cached->abort_deleting = true;
    cached = nullptr;
  }
  void Expire(const std::shared_ptr<Entry>& entry, bool buggy) {
    mutex.Lock();
    if (entry->abort_deleting) {
      if (!buggy) mutex.Unlock();
      return;
    }
    if (cached == entry) cached = nullptr;
    mutex.Unlock();
  }
};

void Remove(const std::shared_ptr<SubConnCache>& cache, bool buggy) {
  const std::scoped_lock hold(cache->mutex);
  auto entry = std::make_shared<Entry>();
  cache->cached = entry;
  entry->expiry =
      time::AfterFunc(absl::Nanoseconds(1), [cache, entry, buggy] { cache->Expire(entry, buggy); });
}

KERNEL(grpc_3017, "Double locking", "ORPHAN GLOB PART LEAK") {
  auto cache = std::make_shared<SubConnCache>();
  auto done = MakeChan<Unit>();
  Go([cache, done, buggy] {
    for (int i = 0; i < 1000; ++i) {
      Remove(cache, buggy);
      cache->New();
    }
    done.Close();
  });
  done.Recv();
}

}  // namespace
}  // namespace goker
