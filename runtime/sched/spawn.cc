// Spawning: what muster::Go and muster::Run come down to.
#include <utility>

#include "muster/go.h"
#include "muster/runtime.h"
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

constexpr int kFreePerP = 64;        // free goroutines that a P keeps
constexpr uint64_t kGoidBatch = 16;  // ids that a P reserves at a time, as in Go

void Launch(G* g) {
  record::Observe(&hooks::Observers::on_create, g->id, g->parent_id);
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
  WakeOne();
}

void Initialize(G* g) {
  g->id = NextGoid();
  g->kind = record::Kind::kGoroutine;
  g->departure = Departure::kNone;
  g->started = false;
  g->run = nullptr;
  g->start_sync = nullptr;
  g->after_exit = nullptr;
  g->locked_m = nullptr;
  g->lock_count = 0;
  g->busy_count = 0;
  g->wait = WaitInfo{};
  g->wait_since = 0;
  g->asan_fake_stack = nullptr;
  g->started_ns = CoarseNanos();
  if (g->noted_reads) ForgetReadLocks(g);
}

// The goroutines that were freed first go to the global list, under one lock; the hot ones stay.
void ReturnHalf(P* p) {
  G* last_kept = p->free_list;
  for (int i = 1; i < kFreePerP / 2; ++i) last_kept = last_kept->link;
  G* const first = std::exchange(last_kept->link, nullptr);
  G* last = first;
  while (last->link != nullptr) last = last->link;
  p->free_count = kFreePerP / 2;
  LockGuard guard(g_scheduler.lock);
  last->link = g_scheduler.free_list;
  g_scheduler.free_list = first;
}

void CountGoroutine(const M* m) {
  if (m != nullptr && m->p != nullptr) {
    m->p->CountGoroutine(1);
  } else {
    g_scheduler.foreign_spawns.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

int64_t LiveGoroutines() {
  int64_t live = g_scheduler.foreign_spawns.load(std::memory_order_relaxed);
  for (int i = 0; i < kMaxProcs; ++i) {
    live += g_scheduler.ps[i].goroutines.load(std::memory_order_relaxed);
  }
  return live;
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
  M* m = CurrentM();
  P* p = m == nullptr ? nullptr : m->p;
  if (p != nullptr && p->free_list != nullptr) {
    G* g = p->free_list;
    p->free_list = g->link;
    --p->free_count;
    g->link = nullptr;
    return g;
  }
  {
    LockGuard guard(g_scheduler.lock);
    G* g = g_scheduler.free_list;
    if (g != nullptr) {
      g_scheduler.free_list = g->link;
      // Take a few more while the lock is held: a burst of spawns is likely to go on.
      for (int i = 0; p != nullptr && i < kFreePerP / 2 && g_scheduler.free_list != nullptr; ++i) {
        G* more = g_scheduler.free_list;
        g_scheduler.free_list = more->link;
        more->link = p->free_list;
        p->free_list = more;
        ++p->free_count;
      }
      g->link = nullptr;
      return g;
    }
  }
  return stack::NewSlot();
}

void FreeG(M* m, G* g) {
  tsan::DestroyFiber(g->tsan_fiber);
  g->tsan_fiber = nullptr;
  record::Unref(g->labels);
  g->labels = nullptr;
  const uintptr_t lo = g->stack_lo;
  tsan::ForgetRange(reinterpret_cast<void*>(lo), stack::TopOf(g) - lo);
  asan::Unpoison(reinterpret_cast<void*>(lo), stack::TopOf(g) - lo);
  g->state.store(record::State::kDead, std::memory_order_release);
  P* const p = m->p;
  p->CountGoroutine(-1);
  if (p->free_count == kFreePerP) ReturnHalf(p);
  g->link = p->free_list;
  p->free_list = g;
  ++p->free_count;
}

void SpawnFromTimer(void (*fn)(void*), void* arg, const void* sync, const Origin& origin) {
  G* g = AllocateG();
  Initialize(g);
  origin.PutInto(g);
  g->run = fn;
  g->closure = arg;
  g->start_sync = sync;
  PrepareStack(g, stack::TopOf(g));
  g->tsan_fiber = tsan::CreateFreshFiber(g->id);
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
  sched::Origin::OfCaller().PutInto(g);
  // After the closure was built: the fiber inherits the clock of the writes to it.
  g->tsan_fiber = tsan::CreateFiber(g->id);
  sched::CountGoroutine(sched::CurrentM());
  sched::Launch(g);
}

void AbandonGoroutine(const NewGoroutine& fresh) noexcept {
  G* g = static_cast<G*>(fresh.goroutine);
  sched::LockGuard guard(sched::g_scheduler.lock);
  g->link = sched::g_scheduler.free_list;
  sched::g_scheduler.free_list = g;
}

}  // namespace muster::internal
