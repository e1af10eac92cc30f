// bench_lock_order: what the recording of lock orders (debug::SetLockOrder) adds to a lock + unlock
// that nobody else wants. The fastest of kRuns short ones: a busy machine interrupts some.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>

#include "muster/muster.h"
#include "tests/bench/harness/bench_main.h"

namespace {

using muster::Mutex;
using muster::RWMutex;

constexpr int kRuns = 101;
constexpr int64_t kRounds = 20'000;
constexpr int kGoroutines = 1'000;

template <typename F>
double Fastest(int64_t count, F f) {
  double ns = bench::NsPerOp(count, f);
  for (int i = 1; i < kRuns; ++i) ns = std::min(ns, bench::NsPerOp(count, f));
  return ns;
}

double OneLock() {
  Mutex mutex;
  return Fastest(kRounds, [&] {
    for (int64_t i = 0; i < kRounds; ++i) {
      mutex.Lock();
      mutex.Unlock();
    }
  });
}

double OneReadLock() {
  RWMutex mutex;
  return Fastest(kRounds, [&] {
    for (int64_t i = 0; i < kRounds; ++i) {
      mutex.RLock();
      mutex.RUnlock();
    }
  });
}

// Of two locks, one in the other, in the order that is known.
double UnderAnother() {
  Mutex outer, inner;
  return Fastest(2 * kRounds, [&] {
    for (int64_t i = 0; i < kRounds; ++i) {
      outer.Lock();
      inner.Lock();
      inner.Unlock();
      outer.Unlock();
    }
  });
}

// Of a goroutine that takes two locks once; with its start.
double OnceEach() {
  Mutex outer, inner;
  return Fastest(kGoroutines, [&] {
    for (int i = 0; i < kGoroutines; ++i) {
      muster::WaitGroup done;
      done.Go([&] {
        const std::scoped_lock first(outer);
        const std::scoped_lock second(inner);
      });
      done.Wait();
    }
  });
}

double TwoAtOnce() {
  return Fastest(2 * kRounds, [] {
    muster::WaitGroup done;
    for (int g = 0; g < 2; ++g) {
      done.Go([] {
        const auto mutex = std::make_unique<Mutex[]>(8);  // not in each other's cache lines
        for (int64_t i = 0; i < kRounds; ++i) {
          mutex[4].Lock();
          mutex[4].Unlock();
        }
      });
    }
    done.Wait();
  });
}

void Measure(const char* what, double (*work)()) {
  muster::debug::SetLockOrder(false);
  const double off = work();
  muster::debug::SetLockOrder(true);
  const double on = work();
  muster::debug::SetLockOrder(false);
  std::printf("%-46s %8.1f ns off %8.1f ns on\n", what, off, on);
}

}  // namespace

int main() {
  muster::Run([] {
    Measure("Mutex, lock + unlock", OneLock);
    Measure("RWMutex, read lock + unlock", OneReadLock);
    Measure("Mutex, one of two that are nested", UnderAnother);
    Measure("Mutex, two goroutines, a lock each", TwoAtOnce);
    Measure("a goroutine that nests two locks once", OnceEach);
  });
  return 0;
}
