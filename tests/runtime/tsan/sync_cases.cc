// WaitGroup, Once, OnceFunc, Cond, errgroup::Group, semaphore::Weighted, sync::Map, sync::Pool,
// singleflight::Group and iter::Pull.
#include <array>
#include <memory>
#include <utility>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

void WaitGroupWaits() {
  muster::WaitGroup group;
  group.Go([] {
    Settle();
    FirstTouch();
  });
  group.Wait();
  SecondTouch();
}

void WaitGroupIsDone() {
  muster::WaitGroup group;
  group.Add(1);
  muster::Go([&] {
    FirstTouch();
    group.Done();
    Reach(1);
  });
  Await(1);
  group.Wait();
  SecondTouch();
}

// Those that are waited for are not ordered among themselves.
void TwoDones() {
  muster::WaitGroup group;
  group.Add(2);
  muster::Go([&] {
    FirstTouch();
    group.Done();
    Reach(1);
  });
  muster::Go([&] {
    Await(1);
    SecondTouch();
    group.Done();
  });
  group.Wait();
}

void OnceIsOver() {
  muster::Once once;
  muster::WaitGroup group;
  group.Go([&] {
    once.Do(FirstTouch);
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    once.Do([] {});
    SecondTouch();
  });
  group.Wait();
}

void OnceIsUnderWay() {
  muster::Once once;
  muster::WaitGroup group;
  group.Go([&] {
    once.Do([] {
      Reach(1);
      Settle();
      FirstTouch();
    });
  });
  group.Go([&] {
    Await(1);
    once.Do([] {});
    SecondTouch();
  });
  group.Wait();
}

// Who does not call Do knows nothing of it.
void PastTheOnce() {
  muster::Once once;
  muster::WaitGroup group;
  group.Go([&] {
    once.Do(FirstTouch);
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    SecondTouch();
  });
  group.Wait();
}

// The one that waits holds the mutex until it is in the queue, so once the other could lock it, it
// waits. The touch comes after the unlock: only the signal orders it.
void Wake(void (muster::Cond::*wake)()) {
  muster::Mutex mutex;
  muster::Cond cond(mutex);
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    Reach(1);
    cond.Wait();
    SecondTouch();
    mutex.Unlock();
  });
  group.Go([&] {
    Await(1);
    mutex.Lock();
    mutex.Unlock();
    FirstTouch();
    (cond.*wake)();
  });
  group.Wait();
}

void CondSignal() { Wake(&muster::Cond::Signal); }
void CondBroadcast() { Wake(&muster::Cond::Broadcast); }

// What comes after the signal is not ordered by it.
void AfterTheSignal() {
  muster::Mutex mutex;
  muster::Cond cond(mutex);
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    Reach(1);
    cond.Wait();
    mutex.Unlock();
    Await(2);
    SecondTouch();
  });
  group.Go([&] {
    Await(1);
    mutex.Lock();
    mutex.Unlock();
    cond.Signal();
    FirstTouch();
    Reach(2);
  });
  group.Wait();
}

void OnceFuncIsOver() {
  const auto once = muster::OnceFunc(FirstTouch);
  muster::WaitGroup group;
  group.Go([&] {
    once();
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    once();
    SecondTouch();
  });
  group.Wait();
}

// Who does not call it knows nothing of it.
void PastTheOnceFunc() {
  const auto once = muster::OnceFunc(FirstTouch);
  muster::WaitGroup group;
  group.Go([&] {
    once();
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    SecondTouch();
  });
  group.Wait();
}

absl::Status TouchFirst() {
  Settle();
  FirstTouch();
  return absl::OkStatus();
}

void ErrgroupWaits() {
  muster::errgroup::Group group;
  group.Go(TouchFirst);
  (void)group.Wait();
  SecondTouch();
}

// The place that one leaves is taken by the next, which is ordered after it.
void ErrgroupLimitOfOne() {
  muster::errgroup::Group group;
  group.SetLimit(1);
  group.Go(TouchFirst);
  group.Go([] {
    SecondTouch();
    return absl::OkStatus();
  });
  (void)group.Wait();
}

// Those of one group are not ordered among themselves.
void ErrgroupWithoutALimit() {
  muster::errgroup::Group group;
  group.Go([] {
    FirstTouch();
    Reach(1);
    return absl::OkStatus();
  });
  group.Go([] {
    Await(1);
    SecondTouch();
    return absl::OkStatus();
  });
  (void)group.Wait();
}

void Acquire(muster::semaphore::Weighted& semaphore) {
  (void)semaphore.Acquire(muster::context::Background(), 1);
}

void SemaphoreWaits() {
  muster::semaphore::Weighted semaphore(1);
  Acquire(semaphore);
  muster::Go([&] {
    Settle();
    FirstTouch();
    semaphore.Release(1);
  });
  Acquire(semaphore);
  SecondTouch();
}

void SemaphoreIsFree() {
  muster::semaphore::Weighted semaphore(1);
  muster::Go([&] {
    Acquire(semaphore);
    FirstTouch();
    semaphore.Release(1);
    Reach(1);
  });
  Await(1);
  if (semaphore.TryAcquire(1)) SecondTouch();
}

// Those who hold it at the same time are not ordered.
void SemaphoreOfTwo() {
  muster::semaphore::Weighted semaphore(2);
  muster::WaitGroup group;
  group.Go([&] {
    Acquire(semaphore);
    FirstTouch();
    Reach(1);
    Await(2);
    semaphore.Release(1);
  });
  group.Go([&] {
    Await(1);
    Acquire(semaphore);
    SecondTouch();
    semaphore.Release(1);
    Reach(2);
  });
  group.Wait();
}

// A request that its context ends is ordered after the cancellation.
void SemaphoreIsCancelled() {
  muster::semaphore::Weighted semaphore(1);
  Acquire(semaphore);
  auto [ctx, cancel] = muster::context::WithCancel(muster::context::Background());
  muster::Go([cancel] {
    Settle();
    FirstTouch();
    cancel();
  });
  (void)semaphore.Acquire(ctx, 1);
  SecondTouch();
}

// A TryAcquire that fails orders nothing.
void SemaphoreIsTaken() {
  muster::semaphore::Weighted semaphore(2);
  Acquire(semaphore);
  muster::Go([&] {
    FirstTouch();
    Acquire(semaphore);
    Reach(1);
  });
  Await(1);
  if (!semaphore.TryAcquire(1)) SecondTouch();
}

void MapLoadsWhatWasStored() {
  muster::sync::Map<int, int> map;
  muster::Go([&] {
    FirstTouch();
    map.Store(1, 1);
    Reach(1);
  });
  Await(1);
  if (map.Load(1) == 1) SecondTouch();
}

// Who only loads orders nothing.
void MapLoadsTwice() {
  muster::sync::Map<int, int> map;
  map.Store(1, 1);
  muster::WaitGroup group;
  group.Go([&] {
    FirstTouch();
    (void)map.Load(1);
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    if (map.Load(1) == 1) SecondTouch();
  });
  group.Wait();
}

// The first few keys are in one shard, whose lock is nobody's edge: 34 times the golden ratio is
// nearly a whole number, by which sync::Map chooses shards.
struct OneShard {
  size_t operator()(int key) const { return static_cast<size_t>(key) * 34; }
};
using SmallMap = muster::sync::Map<int, int, OneShard>;

void MapStoresOfDifferentKeys() {
  SmallMap map;
  muster::Go([&] {
    FirstTouch();
    map.Store(1, 1);
    Reach(1);
  });
  Await(1);
  map.Store(2, 2);
  if (map.Load(2) == 2) SecondTouch();
}

// It has seen no store, and stores nothing.
void MapCompareAndSwapFails() {
  SmallMap map;
  map.Store(1, 1);
  muster::Go([&] {
    FirstTouch();
    map.CompareAndSwap(1, 5, 6);
    Reach(1);
  });
  Await(1);
  if (map.Load(1) == 1) SecondTouch();
}

void MapSeesADelete() {
  SmallMap map;
  map.Store(1, 1);
  muster::Go([&] {
    FirstTouch();
    map.Delete(1);
    Reach(1);
  });
  Await(1);
  if (!map.Load(1).has_value()) SecondTouch();
}

void MapIsCleared() {
  SmallMap map;
  map.Store(1, 1);
  muster::Go([&] {
    FirstTouch();
    map.Clear();
    Reach(1);
  });
  Await(1);
  if (!map.Load(1).has_value()) SecondTouch();
}

void PoolGivesWhatWasPut() {
  muster::sync::Pool<int> pool;
  muster::Go([&] {
    auto object = std::make_unique<int>(1);
    FirstTouch();
    pool.Put(std::move(object));
    Reach(1);
  });
  Await(1);
  if (pool.Get() != nullptr) SecondTouch();
}

// The users of a pool are ordered by the objects alone, on one P too.
void PoolOfTwo() {
  muster::sync::Pool<int> pool;
  muster::Go([&] {
    FirstTouch();
    pool.Put(std::make_unique<int>(1));
    Reach(1);
  });
  Await(1);
  pool.Put(std::make_unique<int>(2));
  SecondTouch();
}

void SingleflightIsShared() {
  muster::singleflight::Group<int> group;
  muster::Go([&] {
    (void)group.Do("key", [] {
      Reach(1);
      Settle();
      FirstTouch();
      return 1;
    });
  });
  Await(1);
  (void)group.Do("key", [] { return 2; });
  SecondTouch();
}

// Who does not ask knows nothing of the call.
void PastTheFlight() {
  muster::singleflight::Group<int> group;
  muster::WaitGroup done;
  done.Go([&] {
    (void)group.Do("key", [] {
      FirstTouch();
      return 1;
    });
    Reach(1);
  });
  done.Go([] {
    Await(1);
    SecondTouch();
  });
  done.Wait();
}

void PullFromTheFunction() {
  auto [next, stop] = muster::iter::Pull(muster::iter::Seq<int>([](auto yield) {
    FirstTouch();
    yield(1);
  }));
  next();
  SecondTouch();
}

void PullToTheFunction() {
  auto [next, stop] = muster::iter::Pull(muster::iter::Seq<int>([](auto yield) {
    yield(1);
    SecondTouch();
  }));
  next();
  FirstTouch();
  next();
}

// Who does not pull knows nothing of it.
void PastThePull() {
  muster::WaitGroup group;
  group.Go([] {
    auto [next, stop] = muster::iter::Pull(muster::iter::Seq<int>([](auto yield) {
      FirstTouch();
      yield(1);
    }));
    next();
    Reach(1);
  });
  group.Go([] {
    Await(1);
    SecondTouch();
  });
  group.Wait();
}

constexpr std::array kCases = {
    Case{"wait_group_waits", false, WaitGroupWaits},
    Case{"wait_group_is_done", false, WaitGroupIsDone},
    Case{"two_dones", true, TwoDones},
    Case{"once_is_over", false, OnceIsOver},
    Case{"once_is_under_way", false, OnceIsUnderWay},
    Case{"past_the_once", true, PastTheOnce},
    Case{"cond_signal", false, CondSignal},
    Case{"cond_broadcast", false, CondBroadcast},
    Case{"after_the_signal", true, AfterTheSignal},
    Case{"once_func_is_over", false, OnceFuncIsOver},
    Case{"past_the_once_func", true, PastTheOnceFunc},
    Case{"errgroup_waits", false, ErrgroupWaits},
    Case{"errgroup_limit_of_one", false, ErrgroupLimitOfOne},
    Case{"errgroup_without_a_limit", true, ErrgroupWithoutALimit},
    Case{"semaphore_waits", false, SemaphoreWaits},
    Case{"semaphore_is_free", false, SemaphoreIsFree},
    Case{"semaphore_is_cancelled", false, SemaphoreIsCancelled},
    Case{"semaphore_of_two", true, SemaphoreOfTwo},
    Case{"semaphore_is_taken", true, SemaphoreIsTaken},
    Case{"pull_from_the_function", false, PullFromTheFunction},
    Case{"pull_to_the_function", false, PullToTheFunction},
    Case{"past_the_pull", true, PastThePull},
    Case{"singleflight_is_shared", false, SingleflightIsShared},
    Case{"past_the_flight", true, PastTheFlight},
    Case{"map_loads_what_was_stored", false, MapLoadsWhatWasStored},
    Case{"map_loads_twice", true, MapLoadsTwice},
    Case{"map_stores_of_different_keys", true, MapStoresOfDifferentKeys},
    Case{"map_compare_and_swap_fails", true, MapCompareAndSwapFails},
    Case{"map_sees_a_delete", false, MapSeesADelete},
    Case{"map_is_cleared", false, MapIsCleared},
    Case{"pool_gives_what_was_put", false, PoolGivesWhatWasPut},
    Case{"pool_of_two", true, PoolOfTwo},
};

}  // namespace

std::span<const Case> SyncCases() { return kCases; }

}  // namespace edges
