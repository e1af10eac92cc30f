// Spawning: what muster::Go and muster::Run come down to.
#include <utility>

#include "muster/go.h"
#include "muster/runtime.h"
#include "runtime/record/contention.h"
#include "runtime/record/lock_order.h"
#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/held.h"
#include "runtime/sched/origin.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"
#include "runtime/stack/arena.h"

namespace muster::sched {
namespace {

constexpr uint64_t kGoidBatch = 16;  // ids that a P reserves at a time, as in Go

// For the profile of creations: of a goroutine that the program has asked for.
void CountCreation(const G* g) {
  if (record::CountsCreations()) record::NoteCreation(g->creation_stack);
}

__attribute__((noinline)) void NoteCreated(G* g) {
  record::Observe(&hooks::Observers::on_create, g->id, g->parent_id);
  if (record::LockOrderIsOn()) record::NoteSpawned(g);
}

void Launch(G* g) {
  if (__builtin_expect(record::g_watched.load(std::memory_order_relaxed) != 0, 0)) NoteCreated(g);
  // Release: whoever sees the goroutine runnable sees its stack and record.
  g->state.store(record::State::kRunnable, std::memory_order_release);
  M* m = CurrentM();
  if (m == nullptr || m->p == nullptr) {
    EnqueueGlobal(g);
    return;
  }
  if (__builtin_expect(ScheduleSeed() != 0 && FastRand() % 2 == 0, 0)) {
    EnqueueLast(m->p, g);
  } else {
    EnqueueNext(m->p, g);
  }
  WakeOneForOwn();
}

void Initialize(G* g) {
  g->id = NextGoid();
  g->kind = record::Kind::kGoroutine;
  g->departure = Departure::kNone;
  g->started = false;
  g->run = nullptr;
  if (g->has_extras) {
    g->has_extras = false;
    g->start_sync = nullptr;
    g->after_exit = nullptr;
    g->in_goexit = false;
    g->bubble = nullptr;
    g->in_bubble = false;
  }
  g->locked_m = nullptr;
  g->lock_count = 0;
  g->busy_count = 0;
  g->region.depth = 0;
  g->wait = WaitInfo{};
  g->wait_since = 0;
  if constexpr (asan::kEnabled) g->asan_fake_stack = nullptr;
  g->started_ns = CoarseNanos();
  if (g->noted_reads) ForgetReadLocks(g);
}

void CountGoroutine(const M* m) {
  if (m != nullptr && m->p != nullptr) {
    P::CountOne(&m->p->created);
  } else {
    g_scheduler.foreign_spawns.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

GoroutineCounts CountGoroutines() {
  GoroutineCounts counts;
  // Who has ended was counted as created before: acquire, so that the second loop sees that.
  for (const P& p : g_scheduler.ps) counts.ended += p.ended.load(std::memory_order_acquire);
  for (const P& p : g_scheduler.ps) counts.created += p.created.load(std::memory_order_relaxed);
  counts.created += g_scheduler.foreign_spawns.load(std::memory_order_relaxed);
  return counts;
}

int64_t LiveGoroutines() {
  const GoroutineCounts counts = CountGoroutines();
  return counts.created - counts.ended;
}

uint64_t NextGoid() {
  M* m = CurrentM();
  P* p = m == nullptr ? nullptr : m->p;
  if (p == nullptr) return g_scheduler.next_goid.fetch_add(1, std::memory_order_relaxed);
  if (p->next_goid == p->goid_limit) {
    p->next_goid = g_scheduler.next_goid.fetch_add(kGoidBatch, std::memory_order_relaxed);
    p->goid_limit = p->next_goid + kGoidBatch;
  }
  return p->next_goid++;
}

G* AllocateG() {
  tsan::RequireRoom();
  M* m = CurrentM();
  return m != nullptr && m->p != nullptr ? m->p->free.Take() : TakeFreeGoroutine();
}

void FreeG(M* m, G* g) {
  if constexpr (tsan::kEnabled) {
    tsan::DestroyFiber(g->tsan_fiber);
    g->tsan_fiber = tsan::Fiber();
  }
  record::Unref(g->labels);
  g->labels = nullptr;
  const uintptr_t lo = g->stack_lo;
  tsan::ForgetStack(reinterpret_cast<void*>(lo), stack::TopOf(g) - lo);
  asan::Unpoison(reinterpret_cast<void*>(lo), stack::TopOf(g) - lo);
  g->state.store(record::State::kDead, std::memory_order_release);
  P* const p = m->p;
  P::CountOne(&p->ended);
  p->free.Give(g);
}

void SpawnFromTimer(void (*fn)(void*), void* arg, const void* sync, const Origin& origin,
                    bool asked_for) {
  G* g = AllocateG();
  Initialize(g);
  origin.PutInto(g);
  if (asked_for) CountCreation(g);
  g->run = fn;
  g->closure = arg;
  g->start_sync = sync;
  g->has_extras = true;
  PrepareStack(g, stack::TopOf(g));
  if constexpr (tsan::kEnabled) g->tsan_fiber = tsan::CreateFreshFiber(g->id);
  CountGoroutine(CurrentM());
  Launch(g);
}

}  // namespace muster::sched

namespace muster::internal {

using sched::G;

NewGoroutine PrepareGoroutine(size_t closure_size, size_t closure_align) {
  sched::EnsureStarted();
  G* g = sched::AllocateG();
  sched::Initialize(g);
  const uintptr_t storage = (stack::TopOf(g) - closure_size) & ~(uintptr_t{closure_align} - 1);
  return {g, reinterpret_cast<void*>(storage)};
}

void StartGoroutine(const NewGoroutine& fresh, void (*run)(void*)) {
  StartGoroutineWith(fresh, run, fresh.storage, __builtin_return_address(0));
}

void StartGoroutineWith(const NewGoroutine& fresh, void (*run)(void*), void* arg,
                        const void* caller) {
  const tsan::CallScope call(caller);
  G* g = static_cast<G*>(fresh.goroutine);
  g->run = run;
  g->closure = arg;
  sched::PrepareStack(g, reinterpret_cast<uintptr_t>(fresh.storage));
  sched::Origin::PutCallersInto(g);
  sched::CountCreation(g);
  // After the closure was built: the fiber inherits the clock of the writes to it.
  if constexpr (tsan::kEnabled) g->tsan_fiber = tsan::CreateFiber(g->id);
  sched::CountGoroutine(sched::CurrentM());
  sched::Launch(g);
}

void AbandonGoroutine(const NewGoroutine& fresh) noexcept {
  sched::GiveFreeGoroutine(static_cast<G*>(fresh.goroutine));
}

}  // namespace muster::internal
