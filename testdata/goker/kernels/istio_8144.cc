// A cache counts the entries that it evicts; the test reads the count beside it.
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct TtlCache {
  Mutex mutex;
  std::vector<int> entries;
  int evicted = 0;
  std::atomic<int> safe_evicted{0};

  void Set(int entry) {
    const std::scoped_lock hold(mutex);
    entries.push_back(entry);
  }
  void Evict(bool buggy) {
    size_t count = 0;
    {
      const std::scoped_lock hold(mutex);
      count = entries.size();
    }
    for (size_t i = 0; i < count; ++i) {
      if (buggy) {
        ++evicted;
      } else {
        ++safe_evicted;
      }
    }
  }
};

KERNEL(istio_8144, "Data race", "RACE") {
  auto cache = std::make_shared<TtlCache>();
  auto evicter = std::make_shared<WaitGroup>();
  evicter->Go([cache, buggy] { cache->Evict(buggy); });
  cache->Set(1);
  volatile int seen = buggy ? cache->evicted : cache->safe_evicted.load();
  static_cast<void>(seen);
  evicter->Wait();
}

}  // namespace
}  // namespace goker
