// A cache is printed under its read lock by a printer that takes the read lock.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct RangeCache {
  RWMutex mutex;
  int entries = 0;

  std::string ToString() {
    const std::shared_lock hold(mutex);
    return std::to_string(entries);
  }
  void Lookup(bool buggy) {
    mutex.RLock();
    const std::string printed = buggy ? ToString() : std::to_string(entries);
    mutex.RUnlock();
    mutex.Lock();
    ++entries;
    mutex.Unlock();
  }
};

KERNEL(cockroach_6181, "RWR deadlock", "RWW PRED PART LEAK") {
  auto cache = std::make_shared<RangeCache>();
  Go([cache, buggy] {
    auto lookups = std::make_shared<WaitGroup>();
    for (int i = 0; i < 3; ++i) {
      lookups->Go([cache, buggy] { cache->Lookup(buggy); });
    }
    lookups->Wait();
  });
}

}  // namespace
}  // namespace goker
