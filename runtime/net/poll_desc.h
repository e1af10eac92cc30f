// PollDesc: one descriptor as the poller knows it. Who may go on, who waits, until when.
//
// Type-stable: descriptors are recycled and never freed. An event or a deadline that comes late,
// for an earlier user, finds a PollDesc. It can then at most ready somebody in vain, who looks
// again.
//
// Each direction has, under the lock, one of three states, as in Go's netpoll:
//   nothing    no event since Prepare, nobody waits
//   ready      an event has come since, which nobody has used yet
//   a waiter   a goroutine (or thread) is parked
// At most one waits in each direction: the callers take turns (fd.h).
//
// The edge is not lost: who wants to read calls Prepare, which forgets old events, then tries to
// read, then waits. What arrives after that try is an event after Prepare.
//
// Lock order: the lock, then a timer heap's.
#ifndef MUSTER_NET_POLL_DESC_H_
#define MUSTER_NET_POLL_DESC_H_

#include <atomic>
#include <cstdint>

#include "muster/record.h"
#include "runtime/net/poller.h"
#include "runtime/sched/lock.h"
#include "runtime/time/timer.h"

namespace muster::poll {

enum class Outcome : uint8_t { kReady, kClosing, kTimeout };

class PollDesc {
 public:
  // A descriptor registered for `fd`; on failure nullptr, and `*error` is an errno. `name` is what
  // the record shows of it; it must live until Release.
  static PollDesc* Open(int fd, const char* name, int* error);
  // Gives it back. Nobody uses it, or ever will; the fd is still open.
  void Release();

  // Forgets old events. Not kReady: an operation in that direction must fail at once.
  Outcome Prepare(record::Direction direction);
  // Parks the caller until an event has come since Prepare, the deadline has passed, or Evict.
  Outcome Wait(record::Direction direction);
  // Makes everything fail with kClosing from now on; those who wait are woken.
  void Evict();

  // No deadline is kNever; one in the past fails what waits now, and all that follows.
  void SetDeadline(record::Direction direction, int64_t when_ns);
  // The name may change while nobody waits.
  void Rename(const char* name);

  // An event from epoll: adds those who can go on to `list`.
  void Note(uint32_t events, ReadyList* list);

  void Describe(record::Object* object) const;

 private:
  struct Side {
    bool ready = false;
    bool expired = false;
    bool timed = false;  // a deadline is set and has not passed
    int64_t due_ns = sched::kNever;
    // Read without the lock by CanWake.
    std::atomic<sched::G*> waiter{nullptr};
    sched::Timer timer;
  };

  static void Expire(sched::Timer* timer, int64_t now_ns);
  static bool CanWake(const sched::Timer* timer);
  Side& SideOf(record::Direction direction) {
    return direction == record::Direction::kWrite ? write_ : read_;
  }
  Outcome CheckLocked(const Side& side) const;
  static sched::G* TakeWaiterLocked(Side* side);
  static void StopTimerLocked(Side* side);

  sched::Lock lock_;
  // Guarded by the lock.
  bool closing_ = false;
  Side read_;
  Side write_;
  int fd_ = -1;
  // Read by captures while a goroutine waits here; does not change then.
  const char* name_ = "";
  PollDesc* free_link_ = nullptr;
};

}  // namespace muster::poll

#endif  // MUSTER_NET_POLL_DESC_H_
