// Package runtime's small calls.
#include "muster/runtime.h"

#include <atomic>

#include "muster/panic.h"
#include "runtime/sched/goexit.h"
#include "runtime/sched/scheduler.h"

namespace muster::runtime {
int64_t NumGoroutine() { return sched::LiveGoroutines(); }

uint64_t GoroutineId() {
  const sched::G* g = sched::CurrentGoroutine();
  return g == nullptr ? 0 : g->id;
}

void Goexit() {
  sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr) throw Panic("runtime.Goexit called on a thread that runs no goroutine");
  sched::UnwindAndExit(g);
}

void LockOSThread() {
  sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr) return;
  if (g->lock_count++ == 0) {
    sched::M* m = sched::CurrentM();
    g->locked_m = m;
    m->locked_g = g;
  }
}

void UnlockOSThread() {
  sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr || g->lock_count == 0) return;
  if (--g->lock_count == 0) {
    g->locked_m->locked_g = nullptr;
    g->locked_m = nullptr;
  }
}

}  // namespace muster::runtime
