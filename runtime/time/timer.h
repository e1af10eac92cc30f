// Timers and sleepers: per-P heaps, one Lock each.
//
// A sleeper is a parked goroutine that is readied when its time has come; nothing can stop that.
//
// A timer is in at most one heap. Its callback runs on a scheduler thread's own stack with no lock
// held, and must not block: it readies a goroutine, does a non-blocking channel send, or spawns.
//
// Who owns what. Start, Stop and Reset of one timer are serialised by its owner (timer_state.h has
// a lock per timer). The scheduler's threads run expired timers meanwhile. The heap's lock decides:
// a timer that RunExpired has taken out is fired, and a Stop that comes later says false. An owner
// that must not let a late firing through (it was reset or stopped since) checks that in the
// callback, under its own lock.
//
// Lock order: the owner's lock, then a heap's. `hold`, `can_wake` and `abandoned` are called
// with the heap's lock held and may take none.
//
// Lifetime: being in a heap counts as one reference to the owner. Stop gives it back to its caller;
// RunExpired passes it to the callback, after which it is returned by `drop`. A periodic timer
// stays in its heap, so `hold` takes a second reference for the callback. A sweep of abandoned
// timers returns it by `drop`.
#ifndef MUSTER_TIME_TIMER_H_
#define MUSTER_TIME_TIMER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/sched/lock.h"
#include "runtime/time/timer_entries.h"

namespace muster::sched {

class TimerHeap;

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Timer is embedded in its owner (the shared state of a Timer or Ticker).
struct Timer {
  int64_t when_ns = 0;    // CLOCK_MONOTONIC; guarded by the heap's lock while in one
  int64_t period_ns = 0;  // 0: once
  void (*fire)(Timer* timer, int64_t now_ns) = nullptr;
  // Whether firing could ever make a goroutine run: false for a ticker whose channel nobody waits
  // on. Called with the heap's lock held, when the scheduler looks for a global deadlock. nullptr:
  // yes.
  bool (*can_wake)(const Timer* timer) = nullptr;
  // See Lifetime above; hold is called with the heap's lock held, drop without. A timer without
  // drop may be gone when fire returns.
  void (*hold)(Timer* timer) = nullptr;
  void (*drop)(Timer* timer) = nullptr;
  // Whether nobody is left who could tell if it fires. Such timers are swept out, as if stopped and
  // then dropped, when a heap has grown much. Called with the heap's lock held. nullptr: no.
  bool (*abandoned)(const Timer* timer) = nullptr;
  void* arg = nullptr;

  TimerHeap* home = nullptr;  // the heap that it always goes into; nullptr: the current P's
  std::atomic<TimerHeap*> heap{nullptr};  // where it is pending; changes under that heap's lock
  uint32_t index = 0;                     // in the heap's array
  Timer* swept = nullptr;                 // the next one of a sweep
};

// StartSleep has `sleeper`, which has just parked, readied at `when_ns`.
void StartSleep(G* sleeper, int64_t when_ns);
// StartTimer puts a timer that is in no heap into the current P's.
void StartTimer(Timer* timer);
// StopTimer takes it out; false when it was not pending (it has fired, or its callback is running).
bool StopTimer(Timer* timer);
// ResetTimer moves it to a new time, pending or not; true when it was pending.
bool ResetTimer(Timer* timer, int64_t when_ns, int64_t period_ns);

// A four-ary heap, which is shallower than a binary one.
class TimerHeap {
 public:
  // The earliest `when_ns`, kNever when empty. A relaxed read: a hint to look.
  int64_t NextWhen() const { return next_when_.load(std::memory_order_relaxed); }
  // Fires everything due at `now_ns`; returns how many fired. A crowd of sleepers is readied in
  // the order of time; between them and timers that are due as well there is no order.
  int RunExpired(int64_t now_ns);
  // True if anything pending may make a goroutine run.
  bool AnyCanWake();
  size_t Size();

  // Moves everything that is pending to `to`. No third heap is locked by who calls this, and `to`
  // is never moved itself, so that the order of the two locks is one. Sleepers of the scheduler
  // must be told of `to`'s first timer afterwards (TimerAdded).
  void MoveTo(TimerHeap* to);

  // ---- for a heap that somebody moves the clock of (a bubble's)
  // The earliest time at which anything pending may make a goroutine run; kNever if nothing can.
  int64_t EarliestWake();
  // Takes out everything, as if stopped and then dropped. Nobody sleeps in it.
  void Clear();

 private:
  friend void StartSleep(G* sleeper, int64_t when_ns);
  friend void StartTimer(Timer* timer);
  friend bool StopTimer(Timer* timer);
  friend bool ResetTimer(Timer* timer, int64_t when_ns, int64_t period_ns);

  struct Expired;

  // All under lock_.
  void Insert(const TimerEntry& entry);
  void RemoveAt(size_t index);
  void RemoveFirst();
  void Place(size_t index, const TimerEntry& entry);
  void SiftUp(size_t index);
  void SiftDown(size_t index);
  void Retime(size_t index, int64_t when_ns);
  void PublishNext();
  // Takes out the abandoned timers, a list by `swept`, if the heap has grown enough since last
  // time.
  Timer* Sweep();
  // Takes out what is due, periodic timers staying for their next time, until `expired` is full.
  void TakeExpired(int64_t now_ns, Expired* expired);
  // The lock of the heap that `timer` is in, held; nullptr (nothing held) when it is in none.
  static TimerHeap* LockHeapOf(Timer* timer);
  // Puts the entry into `home`, or the current P's heap for nullptr.
  static void Add(const TimerEntry& entry, TimerHeap* home);

  Lock lock_;
  TimerEntries entries_;
  size_t sweep_at_ = kFirstSweep;
  std::atomic<int64_t> next_when_{kNever};

  // A sweep costs what the timers added since the last one paid for.
  static constexpr size_t kFirstSweep = 1024;
};

}  // namespace muster::sched

#endif  // MUSTER_TIME_TIMER_H_
