#include "runtime/sched/bubble.h"

#include <string>

#include "muster/panic.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"

namespace muster::sched {
namespace {

Lock g_free_lock;
Bubble* g_free = nullptr;  // guarded by g_free_lock
uint32_t g_last_id = 0;    // guarded by g_free_lock

// Under the lock: who is to be told that nothing in the bubble can run, counted as active again.
G* TakeObserver(Bubble* bubble) {
  if (bubble->active != 0) return nullptr;
  G* observer = bubble->waiter;
  if (observer != nullptr) {
    bubble->waiter = nullptr;
    ++bubble->active;
    return observer;
  }
  observer = bubble->root;
  bubble->root = nullptr;
  return observer;
}

// One goroutine less is active. The bubble may be gone afterwards.
void CountBlocked(Bubble* bubble, bool ended) {
  bubble->lock.Acquire();
  --bubble->active;
  if (ended) --bubble->total;
  G* const observer = TakeObserver(bubble);
  bubble->lock.Release();
  if (observer != nullptr) Ready(observer);
}

// Lives in the frame of a goroutine that parks durably.
struct Departing {
  UnlockFn unlock;
  void* lock;
  Bubble* bubble;
};

// An UnlockFn. The goroutine may run, and its frame be gone, as soon as `unlock` has been called.
void UnlockAndCount(void* arg) {
  const Departing departing = *static_cast<Departing*>(arg);
  if (departing.unlock != nullptr) departing.unlock(departing.lock);
  CountBlocked(departing.bubble, /*ended=*/false);
}

}  // namespace

constinit std::atomic<bool> g_any_bubble{false};

Bubble* NewBubble() {
  const LockGuard guard(g_free_lock);
  Bubble* bubble = g_free;
  if (bubble != nullptr) {
    g_free = bubble->next_free;
  } else {
    bubble = new Bubble;
    g_any_bubble.store(true, std::memory_order_relaxed);
  }
  bubble->id = ++g_last_id;
  bubble->now_ns.store(Bubble::kBeginNs, std::memory_order_relaxed);
  bubble->main_ended = false;
  return bubble;
}

void RetireBubble(Bubble* bubble) {
  const LockGuard guard(g_free_lock);
  bubble->next_free = g_free;
  g_free = bubble;
}

void RequireBubble(uint32_t id, const char* what) {
  if (CurrentBubbleId() != id) throw Panic(std::string(what) + " from outside bubble");
}

void JoinBubble(G* g, Bubble* bubble) {
  SetBubble(g, bubble);
  g->has_extras = true;
  g->after_exit = [](void* joined) { CountBlocked(static_cast<Bubble*>(joined), /*ended=*/true); };
  g->after_exit_arg = bubble;
  const LockGuard guard(bubble->lock);
  ++bubble->total;
  ++bubble->active;
}

void ParkInBubble(G* g, const WaitInfo& info, UnlockFn unlock, void* lock) {
  Departing departing{unlock, lock, g->bubble};
  if (info.durable) {
    tsan::Release(g->bubble);
    g->unlock = &UnlockAndCount;
    g->unlock_arg = &departing;
  }
  M* const m = CurrentM();
  // Without a P it comes from a blocking region.
  G* const next = m->p == nullptr ? nullptr : FindDirect(m, g->wait_since);
  LeaveForNext(m, g, next, Departure::kPark);
}

void CountWoken(Bubble* bubble) {
  const LockGuard guard(bubble->lock);
  ++bubble->active;
}

void AwaitIdle(Bubble* bubble) {
  bubble->lock.Acquire();
  while (bubble->active != 0) {
    bubble->root = Self();
    Park({.reason = record::WaitReason::kSynctestRun}, &UnlockLock, &bubble->lock);
    bubble->lock.Acquire();
  }
  bubble->lock.Release();
  tsan::Acquire(bubble);
}

void AwaitOthers(Bubble* bubble) {
  bubble->lock.Acquire();
  if (bubble->waiter != nullptr) {
    bubble->lock.Release();
    throw Panic("wait already in progress");
  }
  --bubble->active;
  if (bubble->active == 0) {
    ++bubble->active;
    bubble->lock.Release();
  } else {
    bubble->waiter = Self();
    Park({.reason = record::WaitReason::kSynctestWait}, &UnlockLock, &bubble->lock);
  }
  tsan::Acquire(bubble);
}

}  // namespace muster::sched
