// NoteReady: what the observers are told by everybody who readies a goroutine.
#ifndef MUSTER_SCHED_NOTE_READY_H_
#define MUSTER_SCHED_NOTE_READY_H_

#include "runtime/record/observe.h"
#include "runtime/sched/g.h"

namespace muster::sched {

// Asks first, so that nobody pays for the waker's id when nobody listens.
inline void NoteReady(const G* g) {
  if (record::AnyObservers()) {
    record::Observe(&hooks::Observers::on_unblock, g->id, Self()->id);
  }
}

}  // namespace muster::sched

#endif  // MUSTER_SCHED_NOTE_READY_H_
