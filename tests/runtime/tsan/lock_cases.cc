// Mutex and RWMutex.
#include <array>
#include <mutex>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

void MutexUncontended() {
  muster::Mutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    FirstTouch();
    mutex.Unlock();
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    mutex.Lock();
    SecondTouch();
    mutex.Unlock();
  });
  group.Wait();
}

void MutexContended() {
  muster::Mutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    Reach(1);
    Settle();
    FirstTouch();
    mutex.Unlock();
  });
  group.Go([&] {
    Await(1);
    mutex.Lock();
    SecondTouch();
    mutex.Unlock();
  });
  group.Wait();
}

void MutexTryLock() {
  muster::Mutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    Reach(1);
    Settle();
    FirstTouch();
    mutex.Unlock();
  });
  group.Go([&] {
    Await(1);
    while (!mutex.TryLock()) {
    }
    SecondTouch();
    mutex.Unlock();
  });
  group.Wait();
}

// A TryLock that fails gives no right to look at what is guarded.
void MutexTryLockFails() {
  muster::Mutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    FirstTouch();
    Reach(1);
    Await(2);
    mutex.Unlock();
  });
  group.Go([&] {
    Await(1);
    if (!mutex.TryLock()) SecondTouch();
    Reach(2);
  });
  group.Wait();
}

void TwoMutexes() {
  muster::Mutex one, other;
  muster::WaitGroup group;
  group.Go([&] {
    const std::scoped_lock lock(one);
    FirstTouch();
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    const std::scoped_lock lock(other);
    SecondTouch();
  });
  group.Wait();
}

// What comes after the Unlock is not ordered by it.
void AfterTheUnlock() {
  muster::Mutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    mutex.Unlock();
    FirstTouch();
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    const std::scoped_lock lock(mutex);
    SecondTouch();
  });
  group.Wait();
}

void WriterThenReader() {
  muster::RWMutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    Reach(1);
    Settle();
    FirstTouch();
    mutex.Unlock();
  });
  group.Go([&] {
    Await(1);
    mutex.RLock();
    SecondTouch();
    mutex.RUnlock();
  });
  group.Wait();
}

void ReaderThenWriter() {
  muster::RWMutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.RLock();
    Reach(1);
    Settle();
    FirstTouch();
    mutex.RUnlock();
  });
  group.Go([&] {
    Await(1);
    mutex.Lock();
    SecondTouch();
    mutex.Unlock();
  });
  group.Wait();
}

void WriterThenWriter() {
  muster::RWMutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.Lock();
    FirstTouch();
    mutex.Unlock();
  });
  group.Go([&] {
    mutex.Lock();
    SecondTouch();
    mutex.Unlock();
  });
  group.Wait();
}

// Readers that write are ordered by nothing, one after the other or not.
void TwoReaders() {
  muster::RWMutex mutex;
  muster::WaitGroup group;
  group.Go([&] {
    mutex.RLock();
    FirstTouch();
    mutex.RUnlock();
    Reach(1);
  });
  group.Go([&] {
    Await(1);
    mutex.RLock();
    SecondTouch();
    mutex.RUnlock();
  });
  group.Wait();
}

constexpr std::array kCases = {
    Case{"mutex_uncontended", false, MutexUncontended},
    Case{"mutex_contended", false, MutexContended},
    Case{"mutex_try_lock", false, MutexTryLock},
    Case{"mutex_try_lock_fails", true, MutexTryLockFails},
    Case{"two_mutexes", true, TwoMutexes},
    Case{"after_the_unlock", true, AfterTheUnlock},
    Case{"writer_then_reader", false, WriterThenReader},
    Case{"reader_then_writer", false, ReaderThenWriter},
    Case{"writer_then_writer", false, WriterThenWriter},
    Case{"two_readers", true, TwoReaders},
};

}  // namespace

std::span<const Case> LockCases() { return kCases; }

}  // namespace edges
