// Mutex, RWMutex, WaitGroup, Once and Cond, with Go's semantics.
//
// They park the goroutine (or block a foreign thread on a futex), never a scheduler thread. All are
// constant-initialised, so globals work; none may be copied or moved; none needs destruction.
//
// A lock belongs to nobody: as in Go, one goroutine may lock and another unlock. What Go panics on
// throws muster::Panic.
//
// Lifetime: a primitive may be destroyed as soon as no call on it can begin or wait any more. A
// call to Unlock, RUnlock or Done that let someone else proceed touches nothing afterwards, so
// a WaitGroup in the frame of the goroutine that waits is fine.
#ifndef MUSTER_SYNC_H_
#define MUSTER_SYNC_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "muster/go.h"
#include "muster/panic.h"

namespace muster {
namespace internal {

// TSan sees the atomics of this header where it is included, but not those of the runtime's own
// sources; there the runtime tells it what happens before what. So an operation that ends in this
// header would be an edge of which TSan sees one side only.
#if defined(__SANITIZE_THREAD__)
constexpr bool kSeesAllEdges = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool kSeesAllEdges = false;
#else
constexpr bool kSeesAllEdges = true;
#endif
#else
constexpr bool kSeesAllEdges = true;
#endif

struct SyncWaiter;

// SyncQueue is a FIFO of waiters that live on the stacks of those that wait. It is a circular list
// known by its tail. The runtime's sources work on it, under the primitive's QueueLock.
struct SyncQueue {
  SyncWaiter* tail = nullptr;
};

// QueueLock is the room of the runtime's own lock, which users have no business to see.
struct QueueLock {
  alignas(4) std::atomic<uint32_t> word{0};
};

// LockRecord is what a capture tells of an exclusive lock: who took it, where and when. It is
// written with relaxed stores by the holder and read as it stands.
struct LockRecord {
  std::atomic<uint64_t> owner{0};  // a goroutine's id; kReleased is set once that one let go
  std::atomic<int64_t> since_ns{0};
  std::atomic<const void*> pc{nullptr};
};

}  // namespace internal

// Mutex is a mutual exclusion lock. An uncontended Lock is one compare-and-swap, an Unlock a plain
// store.
//
// A newcomer may overtake waiters that have been woken but do not run yet; one that then finds that
// it has waited for more than a millisecond is handed the lock next, so nobody starves.
//
// Memory model: the n-th Unlock happens before the (n+1)-th Lock returns.
class Mutex {
 public:
  constexpr Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Lock waits until the mutex is free ("sync.Mutex.Lock"). Locking it twice waits for ever.
  void Lock();
  // TryLock takes it only if that needs no waiting. It also fails when a waiter's turn has come.
  bool TryLock();
  // Unlock may be called by any goroutine. Throws Panic("sync: unlock of unlocked mutex").
  void Unlock();

  // Lockable, for std::scoped_lock and std::unique_lock.
  void lock();
  bool try_lock();
  void unlock();

 private:
  friend struct SyncAccess;
  // What a capture tells of it is part of what makes it work: see mutex.cc.
  std::atomic<uint64_t> word_{0};
  std::atomic<int64_t> since_ns_{0};
  std::atomic<const void*> pc_{nullptr};
  std::atomic<uint32_t> contended_{0};
  std::atomic<bool> starving_{false};
  bool woken_ = false;
  internal::SyncQueue queue_;
};

class ReadLocker;

// RWMutex is held by any number of readers or by one writer.
//
// A writer that waits keeps new readers out, so reading twice on one stack can deadlock, as in Go.
// When a writer unlocks, every reader that waited by then goes before the next writer.
//
// Memory model: an Unlock happens before every later RLock and Lock returns; an RUnlock before the
// next Lock returns. Readers are not ordered among themselves.
class RWMutex {
 public:
  constexpr RWMutex() noexcept = default;
  RWMutex(const RWMutex&) = delete;
  RWMutex& operator=(const RWMutex&) = delete;

  // Lock waits until nobody holds it ("sync.RWMutex.Lock").
  void Lock();
  bool TryLock();
  // Throws Panic("sync: Unlock of unlocked RWMutex").
  void Unlock();
  // RLock waits while a writer holds it or waits for it ("sync.RWMutex.RLock").
  void RLock();
  bool TryRLock();
  // Throws Panic("sync: RUnlock of unlocked RWMutex").
  void RUnlock();
  // RLocker is the read side as a lock: its Lock and Unlock are RLock and RUnlock.
  constexpr ReadLocker RLocker() noexcept;

  // SharedLockable, for std::scoped_lock, std::unique_lock and std::shared_lock.
  void lock();
  bool try_lock();
  void unlock();
  void lock_shared();
  bool try_lock_shared();
  void unlock_shared();

 private:
  friend struct SyncAccess;
  std::atomic<uint32_t> state_{0};
  internal::QueueLock lock_;
  internal::SyncQueue readers_;
  internal::SyncQueue writers_;
  internal::LockRecord record_;
};

// ReadLocker is a view of an RWMutex's read side: a pointer, freely copied. Lockable.
class ReadLocker {
 public:
  constexpr explicit ReadLocker(RWMutex& mutex) noexcept : mutex_(&mutex) {}
  void Lock() const { mutex_->RLock(); }
  bool TryLock() const { return mutex_->TryRLock(); }
  void Unlock() const { mutex_->RUnlock(); }
  void lock() const { mutex_->RLock(); }
  bool try_lock() const { return mutex_->TryRLock(); }
  void unlock() const { mutex_->RUnlock(); }

 private:
  friend class Locker;
  RWMutex* mutex_;
};

constexpr ReadLocker RWMutex::RLocker() noexcept { return ReadLocker(*this); }

// Locker is Go's sync.Locker: a view of anything that can be locked. It does not own the lock,
// except that a ReadLocker is copied into it.
class Locker {
 public:
  constexpr Locker(Mutex& mutex) noexcept  // NOLINT(google-explicit-constructor)
      : lock_(&mutex),
        do_lock_([](void* m) { static_cast<Mutex*>(m)->Lock(); }),
        do_unlock_([](void* m) { static_cast<Mutex*>(m)->Unlock(); }) {}
  constexpr Locker(RWMutex& mutex) noexcept  // NOLINT(google-explicit-constructor)
      : lock_(&mutex),
        do_lock_([](void* m) { static_cast<RWMutex*>(m)->Lock(); }),
        do_unlock_([](void* m) { static_cast<RWMutex*>(m)->Unlock(); }) {}
  constexpr Locker(ReadLocker reader) noexcept  // NOLINT(google-explicit-constructor)
      : lock_(reader.mutex_),
        do_lock_([](void* m) { static_cast<RWMutex*>(m)->RLock(); }),
        do_unlock_([](void* m) { static_cast<RWMutex*>(m)->RUnlock(); }) {}
  void Lock() const { do_lock_(lock_); }
  void Unlock() const { do_unlock_(lock_); }
  void lock() const { do_lock_(lock_); }
  void unlock() const { do_unlock_(lock_); }

 private:
  void* lock_;
  void (*do_lock_)(void*);
  void (*do_unlock_)(void*);
};

// WaitGroup waits for a collection of goroutines to finish.
//
// Memory model: a Done happens before the return of any Wait that it lets go.
class WaitGroup {
 public:
  constexpr WaitGroup() noexcept = default;
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  // Add adds `delta`, which may be negative, to the counter; at zero all waiters go. An Add that
  // raises the counter from zero must happen before Wait. Throws Panic("sync: negative WaitGroup
  // counter") or Panic("sync: WaitGroup misuse: Add called concurrently with Wait").
  void Add(int delta);
  // Done is Add(-1).
  void Done() { Add(-1); }
  // Wait waits until the counter is zero ("sync.WaitGroup.Wait"). Throws Panic("sync: WaitGroup is
  // reused before previous Wait has returned").
  void Wait();

  // Go calls `f()` in a new goroutine that counts: Add(1) now, Done when it ends, however it ends.
  template <typename F>
  void Go(F&& f) {
    Add(1);
    try {
      ::muster::Go([this, f = std::forward<F>(f)]() mutable {
        const DoneAtEnd done{this};
        f();
      });
    } catch (...) {
      Done();
      throw;
    }
  }

 private:
  friend struct SyncAccess;
  struct DoneAtEnd {
    WaitGroup* group;
    ~DoneAtEnd() { group->Done(); }
  };

  std::atomic<uint64_t> state_{0};  // the counter in the high half, the waiters in the low one
  internal::QueueLock lock_;
  std::atomic<uint32_t> bubble_{0};  // the synctest bubble that it was raised from zero in
  internal::SyncQueue queue_;
};

// Once calls one function once.
//
// Memory model: the end of the function happens before every Do returns.
class Once {
 public:
  constexpr Once() noexcept = default;
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  // Do calls `f()` if no Do has before, else waits until that call has ended ("sync.Once.Do"). If
  // `f` throws, it counts as done, and the exception is this caller's. A Do from within `f` waits
  // for itself, for ever.
  template <typename F>
  void Do(F&& f) {
    // Acquire pairs with the release in Finish.
    if (internal::kSeesAllEdges && state_.load(std::memory_order_acquire) == kDone) return;
    if (!Begin()) return;
    const FinishAtEnd finish{this};
    std::forward<F>(f)();
  }

 private:
  friend struct SyncAccess;
  struct FinishAtEnd {
    Once* once;
    ~FinishAtEnd() { once->Finish(); }
  };
  static constexpr uint32_t kNew = 0;
  static constexpr uint32_t kRunning = 1;
  static constexpr uint32_t kDone = 2;

  // True: the caller must run the function and then call Finish.
  bool Begin();
  void Finish() noexcept;

  std::atomic<uint32_t> state_{0};
  internal::QueueLock lock_;
  internal::SyncQueue queue_;
  internal::LockRecord record_;
};

// Cond is a place to wait for an event. `L` is held when the condition changes and when Wait is
// called; it may be a Mutex, an RWMutex, or an RWMutex's RLocker().
//
// Memory model: a Signal or Broadcast happens before the return of the Wait that it wakes.
class Cond {
 public:
  constexpr explicit Cond(Locker locker) noexcept : L(locker) {}
  Cond(const Cond&) = delete;
  Cond& operator=(const Cond&) = delete;

  // Wait unlocks L, waits ("sync.Cond.Wait"), and locks L again before it returns. It never returns
  // without a Signal or Broadcast; yet the condition may be false again by the time that L is held,
  // so call it in a loop.
  void Wait();
  // Signal wakes the goroutine that has waited longest, if any. L need not be held.
  void Signal();
  // Broadcast wakes all that wait.
  void Broadcast();

  const Locker L;

 private:
  friend struct SyncAccess;
  internal::QueueLock lock_;
  internal::SyncQueue queue_;
};

}  // namespace muster

#endif  // MUSTER_SYNC_H_
