// Readying many at once, for the timers.
#include "runtime/record/observe.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/thread.h"

namespace muster::sched {
namespace {

// Tells the observers. Asked first, so that nobody pays for the waker's id when nobody listens.
inline void NoteReady(const G* g) {
  if (__builtin_expect(record::g_observers.load(std::memory_order_relaxed) == nullptr, 1)) return;
  record::Observe(&hooks::Observers::on_unblock, g->id, Self()->id);
}

}  // namespace

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
    if (__builtin_expect(g->bubble != nullptr, 0) && g->wait.durable) CountWoken(g->bubble);
    Transition(g, record::State::kWaiting, record::State::kRunnable);
    EnqueueLast(m->p, g);
  }
  WakeOneForOwn();
}

}  // namespace muster::sched
