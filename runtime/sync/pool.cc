// PoolCore: a cache for each P, each with a lock that only a thief ever contends for.
//
// A cache has two generations. Put adds to the young one; a period later what is left there becomes
// the old one, and what was left of that is destroyed. Get looks at the young first, so that what
// is not needed grows old.
//
// Nothing of the user's runs under a lock.
#include <atomic>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "muster/runtime.h"
#include "muster/sync_pool.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/park.h"
#include "runtime/sched/scheduler.h"

namespace muster::sync::internal {
namespace {

constexpr int64_t kPeriodNs = 10'000'000'000;
constexpr size_t kMostPerCache = 1024;

using Objects = std::vector<void*>;

void* TakeNewest(Objects& objects) {
  if (objects.empty()) return nullptr;
  void* const object = objects.back();
  objects.pop_back();
  return object;
}

void* TakeOldest(Objects& objects) {
  if (objects.empty()) return nullptr;
  void* const object = objects.front();
  objects.erase(objects.begin());
  return object;
}

}  // namespace

struct alignas(64) PoolCore::Cache {
  sched::Lock lock;
  // Written under the lock; a hint for thieves, who read it without.
  std::atomic<size_t> size{0};
  // Guarded by lock.
  Objects young;
  Objects old;
  int64_t ages_at_ns = 0;  // when the young become old; 0: never used

  void NoteSize() { size.store(young.size() + old.size(), std::memory_order_relaxed); }

  // What is to be destroyed once the lock is free.
  Objects Age(int64_t now_ns) {
    Objects stale;
    if (ages_at_ns == 0) ages_at_ns = now_ns + kPeriodNs;
    if (now_ns < ages_at_ns) return stale;
    stale = std::exchange(old, std::move(young));
    young = {};
    // Nobody has come for more than a period: these are as old.
    if (now_ns >= ages_at_ns + kPeriodNs) {
      stale.insert(stale.end(), old.begin(), old.end());
      old.clear();
    }
    ages_at_ns = now_ns + kPeriodNs;
    NoteSize();
    return stale;
  }
};

// Destroys what has grown too old, at the end of the scope, behind that of the lock.
struct PoolCore::Stale {
  ~Stale() {
    for (void* object : objects) {
      tsan::Acquire(object);
      destroy(object);
    }
  }
  const Destroy destroy;
  Objects objects = {};
};

PoolCore::PoolCore(Destroy destroy)
    : destroy_(destroy),
      count_(std::bit_ceil(static_cast<size_t>(runtime::GOMAXPROCS()))),
      caches_(new Cache[count_]) {}

PoolCore::~PoolCore() { Clear(); }

PoolCore::Cache& PoolCore::Own() const {
  const sched::M* const m = sched::CurrentM();
  const sched::P* const p = m == nullptr ? nullptr : m->p;
  // Threads without a P share the first.
  return caches_[p == nullptr ? 0 : static_cast<size_t>(p->id) & (count_ - 1)];
}

void* PoolCore::Get() { return GetAt(sched::CoarseNanos()); }
void PoolCore::Put(void* object) { PutAt(object, sched::CoarseNanos()); }

void* PoolCore::GetAt(int64_t now_ns) {
  Cache& own = Own();
  Stale stale{destroy_};
  void* object = nullptr;
  {
    const tsan::IgnoreScope ignore;
    {
      const sched::LockGuard guard(own.lock);
      stale.objects = own.Age(now_ns);
      object = TakeNewest(own.young);
      if (object == nullptr) object = TakeNewest(own.old);
      own.NoteSize();
    }
    for (size_t i = 1; object == nullptr && i < count_; ++i) {
      Cache& other = caches_[(static_cast<size_t>(&own - caches_.get()) + i) & (count_ - 1)];
      if (other.size.load(std::memory_order_relaxed) == 0) continue;
      const sched::LockGuard guard(other.lock);
      object = TakeOldest(other.old);
      if (object == nullptr) object = TakeOldest(other.young);
      other.NoteSize();
    }
  }
  if (object != nullptr) tsan::Acquire(object);
  return object;
}

void PoolCore::PutAt(void* object, int64_t now_ns) {
  tsan::Release(object);
  Cache& own = Own();
  Stale stale{destroy_};
  const tsan::IgnoreScope ignore;
  const sched::LockGuard guard(own.lock);
  stale.objects = own.Age(now_ns);
  if (own.young.size() + own.old.size() < kMostPerCache) {
    own.young.push_back(object);
  } else {
    stale.objects.push_back(object);
  }
  own.NoteSize();
}

void PoolCore::Clear() {
  for (size_t i = 0; i < count_; ++i) {
    Cache& cache = caches_[i];
    Stale young{destroy_}, old{destroy_};
    const tsan::IgnoreScope ignore;
    const sched::LockGuard guard(cache.lock);
    young.objects = std::exchange(cache.young, {});
    old.objects = std::exchange(cache.old, {});
    cache.NoteSize();
  }
}

}  // namespace muster::sync::internal
