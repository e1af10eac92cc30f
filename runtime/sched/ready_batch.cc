// Readying many at once, for the timers.
#include "runtime/sched/bubble.h"
#include "runtime/sched/note_ready.h"
#include "runtime/sched/park.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/thread.h"

namespace muster::sched {

void ReadyBatch(G* const* batch, int count) {
  M* const m = CurrentM();
  // One goes to the next slot, which a crowd would only pass through.
  if (count <= 1 || m == nullptr || m->p == nullptr || ScheduleSeed() != 0) {
    for (int i = 0; i < count; ++i) Ready(batch[i]);
    return;
  }
  for (int i = 0; i < count; ++i) {
    G* const g = batch[i];
    NoteReady(g);
    if (g->kind == record::Kind::kThread) {
      ReadyThread(g);
      continue;
    }
    if (__builtin_expect(g->in_bubble, 0) && g->wait.durable) CountWoken(g->bubble);
    Transition(g, record::State::kWaiting, record::State::kRunnable);
    EnqueueLast(m->p, g);
  }
  WakeOneForOwn();
}

}  // namespace muster::sched
