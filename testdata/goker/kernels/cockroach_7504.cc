// A lease cache is locked before its leases by one path and after them by another.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Lease {
  Mutex mutex;
  int references = 1;
};

struct LeaseCache {
  Mutex mutex;
  Lease lease;

  void Remove() { const std::scoped_lock hold(mutex); }
  void Acquire() {
    const std::scoped_lock cache(mutex);
    const std::scoped_lock hold(lease.mutex);
    ++lease.references;
  }
};

struct TableState {
  Mutex mutex;
  LeaseCache cache;

  void Release(bool buggy) {
    const std::scoped_lock table(mutex);
    if (buggy) {
      const std::scoped_lock hold(cache.lease.mutex);
      --cache.lease.references;
      cache.Remove();
    } else {
      const std::scoped_lock all(cache.mutex);
      const std::scoped_lock hold(cache.lease.mutex);
      --cache.lease.references;
    }
  }
};

KERNEL(cockroach_7504, "AB-BA deadlock", "CYCLE PRED GLOB PART LEAK") {
  auto table = std::make_shared<TableState>();
  auto group = std::make_shared<WaitGroup>();
  group->Go([table] { table->cache.Acquire(); });
  group->Go([table, buggy] { table->Release(buggy); });
  group->Wait();
}

}  // namespace
}  // namespace goker
