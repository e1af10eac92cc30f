// Holders: who has the lock that a goroutine waits for, as far as the locks' own record tells.
//
// For a forked copy of a process whose threads were stopped; the heap must not be used.
#ifndef MUSTER_REACH_HOLDERS_H_
#define MUSTER_REACH_HOLDERS_H_

#include <cstdint>

#include "runtime/reach/buffer.h"
#include "runtime/sched/g.h"

namespace muster::reach {

class Holders {
 public:
  // `slots`: at most so many goroutines live. False when the address space is exhausted.
  bool Prepare(size_t slots);

  // Calls visit(holder) for each goroutine that has to unlock, or to finish, before `waiter` can go
  // on. False when it waits for no lock, or when not all of them are known: a foreign thread, a
  // goroutine that has ended, more read locks than there is room to record.
  template <typename Visit>
  bool ForEach(const sched::G* waiter, Visit visit) const;

 private:
  struct Living {
    uint64_t id;
    sched::G* g;
  };
  struct Reading {
    const void* lock;
    sched::G* g;
  };
  struct Awaited {
    bool is_lock = false;
    uint64_t owner = 0;
    int64_t readers = 0;
  };

  static Awaited Look(const sched::G* waiter);
  sched::G* Find(uint64_t id) const;  // null when no goroutine that lives has it
  const Reading* FirstReading(const void* lock) const;

  Buffer<Living> living_;     // by id
  Buffer<Reading> readings_;  // by lock
};

template <typename Visit>
bool Holders::ForEach(const sched::G* waiter, Visit visit) const {
  const Awaited awaited = Look(waiter);
  if (!awaited.is_lock) return false;
  sched::G* const owner = awaited.owner == 0 ? nullptr : Find(awaited.owner);
  if (awaited.owner != 0 && owner == nullptr) return false;
  int64_t readers = 0;
  for (const Reading* reading = FirstReading(waiter->wait.object);
       reading != readings_.end() && reading->lock == waiter->wait.object; ++reading) {
    ++readers;
  }
  if (readers < awaited.readers || (owner == nullptr && readers == 0)) return false;
  if (owner != nullptr) visit(owner);
  for (const Reading* reading = FirstReading(waiter->wait.object); readers > 0; --readers) {
    visit(reading++->g);
  }
  return true;
}

}  // namespace muster::reach

#endif  // MUSTER_REACH_HOLDERS_H_
