#include "runtime/time/timer.h"

#include <algorithm>

#include "runtime/record/tsan.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"

namespace muster::sched {
namespace {

constexpr size_t kArity = TimerEntries::kArity;

int64_t AddSaturated(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kNever : sum;
}

// Of four siblings in a row. Without branches: which one it is cannot be predicted.
size_t LeastOfFour(const TimerEntry* siblings) {
  const size_t a = siblings[1].when_ns < siblings[0].when_ns ? 1 : 0;
  const size_t b = siblings[3].when_ns < siblings[2].when_ns ? 3 : 2;
  return siblings[b].when_ns < siblings[a].when_ns ? b : a;
}

size_t LeastOf(const TimerEntry* siblings, size_t count) {
  size_t least = 0;
  for (size_t i = 1; i < count; ++i) {
    if (siblings[i].when_ns < siblings[least].when_ns) least = i;
  }
  return least;
}

// A list by `swept`.
void DropAll(Timer* list) {
  while (list != nullptr) {
    Timer* gone = list;
    list = list->swept;
    gone->drop(gone);
  }
}

}  // namespace

// What RunExpired takes out under one lock: both in the order of time.
struct TimerHeap::Expired {
  static constexpr int kRoom = 64;
  G* sleepers[kRoom];
  Timer* timers[kRoom];
  int sleeper_count = 0;
  int timer_count = 0;
};

inline void TimerHeap::Place(size_t index, const TimerEntry& entry) {
  entries_[index] = entry;
  if (Timer* timer = entry.timer()) timer->index = static_cast<uint32_t>(index);
}

void TimerHeap::SiftUp(size_t index) {
  const TimerEntry moving = entries_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / kArity;
    if (entries_[parent].when_ns <= moving.when_ns) break;
    Place(index, entries_[parent]);
    index = parent;
  }
  Place(index, moving);
}

void TimerHeap::SiftDown(size_t index) {
  const TimerEntry moving = entries_[index];
  for (;;) {
    const size_t first = index * kArity + 1;
    if (first >= entries_.size()) break;
    const TimerEntry* const children = &entries_[first];
    const size_t count = entries_.size() - first;
    const size_t least = count >= kArity ? LeastOfFour(children) : LeastOf(children, count);
    if (moving.when_ns <= children[least].when_ns) break;
    Place(index, children[least]);
    index = first + least;
  }
  Place(index, moving);
}

void TimerHeap::Insert(const TimerEntry& entry) {
  entries_.push_back(entry);
  SiftUp(entries_.size() - 1);
}

void TimerHeap::RemoveFirst() {
  const TimerEntry last = entries_.back();
  entries_.pop_back();
  if (entries_.empty()) {
    sweep_at_ = kFirstSweep;
    return;
  }
  entries_.front() = last;
  SiftDown(0);
}

void TimerHeap::RemoveAt(size_t index) {
  entries_[index].timer()->heap.store(nullptr, std::memory_order_release);
  if (index == 0) {
    RemoveFirst();
    return;
  }
  const TimerEntry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) return;
  const bool up = last.when_ns < entries_[(index - 1) / kArity].when_ns;
  entries_[index] = last;
  if (up) {
    SiftUp(index);
  } else {
    SiftDown(index);
  }
}

void TimerHeap::Retime(size_t index, int64_t when_ns) {
  Timer* timer = entries_[index].timer();
  timer->when_ns = entries_[index].when_ns = when_ns;
  SiftUp(index);
  SiftDown(timer->index);
}

void TimerHeap::PublishNext() {
  next_when_.store(entries_.empty() ? kNever : entries_.front().when_ns, std::memory_order_relaxed);
}

Timer* TimerHeap::Sweep() {
  Timer* swept = nullptr;
  if (entries_.size() < sweep_at_) return swept;
  size_t kept = 0;
  for (size_t index = 0; index < entries_.size(); ++index) {
    const TimerEntry entry = entries_[index];
    Timer* timer = entry.timer();
    if (timer != nullptr && timer->abandoned != nullptr && timer->abandoned(timer)) {
      timer->heap.store(nullptr, std::memory_order_release);
      timer->swept = swept;
      swept = timer;
    } else {
      Place(kept++, entry);
    }
  }
  entries_.Shrink(kept);
  for (size_t index = kept; index-- > 0;) SiftDown(index);
  sweep_at_ = std::max(kFirstSweep, 2 * kept);
  return swept;
}

void TimerHeap::TakeExpired(int64_t now_ns, Expired* expired) {
  for (int room = Expired::kRoom; room > 0; --room) {
    if (entries_.empty() || entries_.front().when_ns > now_ns) break;
    if (G* sleeper = entries_.front().sleeper()) {
      expired->sleepers[expired->sleeper_count++] = sleeper;
      // In a crowd it has left the caches; it is looked at when the others have been taken out.
      __builtin_prefetch(sleeper, 1);
      RemoveFirst();
      continue;
    }
    Timer* timer = entries_.front().timer();
    expired->timers[expired->timer_count++] = timer;
    if (timer->period_ns > 0) {
      if (timer->hold != nullptr) timer->hold(timer);
      // Ticks that were missed are dropped.
      const int64_t missed = (now_ns - timer->when_ns) / timer->period_ns;
      Retime(0, AddSaturated(timer->when_ns + timer->period_ns * missed, timer->period_ns));
    } else {
      RemoveAt(0);
    }
  }
  PublishNext();
}

int TimerHeap::RunExpired(int64_t now_ns) {
  int fired = 0;
  for (;;) {
    Expired expired;
    {
      LockGuard guard(lock_);
      TakeExpired(now_ns, &expired);
    }
    ReadyBatch(expired.sleepers, expired.sleeper_count);
    for (int i = 0; i < expired.timer_count; ++i) {
      Timer* timer = expired.timers[i];
      auto* const drop = timer->drop;  // read first: without it the timer may be gone after firing
      timer->fire(timer, now_ns);
      if (drop != nullptr) drop(timer);
    }
    const int count = expired.sleeper_count + expired.timer_count;
    fired += count;
    if (count < Expired::kRoom) return fired;
  }
}

bool TimerHeap::AnyCanWake() {
  LockGuard guard(lock_);
  // The monitor asks, whom no edge that TSan knows of orders behind those who made the timers.
  const tsan::IgnoreScope ignore;
  for (size_t index = 0; index < entries_.size(); ++index) {
    const TimerEntry& entry = entries_[index];
    if (entry.when_ns == kNever) continue;
    const Timer* timer = entry.timer();
    if (timer == nullptr || timer->can_wake == nullptr || timer->can_wake(timer)) return true;
  }
  return false;
}

int64_t TimerHeap::EarliestWake() {
  LockGuard guard(lock_);
  int64_t earliest = kNever;
  for (size_t index = 0; index < entries_.size(); ++index) {
    const TimerEntry& entry = entries_[index];
    if (entry.when_ns >= earliest) continue;
    const Timer* timer = entry.timer();
    if (timer != nullptr && timer->can_wake != nullptr && !timer->can_wake(timer)) continue;
    earliest = entry.when_ns;
    if (index == 0) break;  // nothing is earlier
  }
  return earliest;
}

void TimerHeap::Clear() {
  Timer* cleared = nullptr;
  {
    LockGuard guard(lock_);
    while (!entries_.empty()) {
      Timer* timer = entries_.back().timer();
      RemoveAt(entries_.size() - 1);
      timer->swept = cleared;
      cleared = timer;
    }
    PublishNext();
  }
  DropAll(cleared);
}

void TimerHeap::MoveTo(TimerHeap* to) {
  constexpr int kBatch = 256;  // at a time, so that others get the locks in between
  for (bool done = false; !done;) {
    LockGuard guard(lock_);
    LockGuard guard_to(to->lock_);
    for (int i = 0; i < kBatch && !entries_.empty(); ++i) {
      const TimerEntry entry = entries_.back();
      entries_.pop_back();
      to->Insert(entry);
      // Release: pairs with LockHeapOf. Whoever waits for this heap's lock finds it in the other.
      if (Timer* timer = entry.timer()) timer->heap.store(to, std::memory_order_release);
    }
    // What has moved is due somewhere at any time.
    to->PublishNext();
    PublishNext();
    done = entries_.empty();
    if (done) sweep_at_ = kFirstSweep;
  }
}

size_t TimerHeap::Size() {
  LockGuard guard(lock_);
  return entries_.size();
}

TimerHeap* TimerHeap::LockHeapOf(Timer* timer) {
  for (;;) {
    // Acquire pairs with the release in RemoveAt.
    TimerHeap* heap = timer->heap.load(std::memory_order_acquire);
    if (heap == nullptr) return nullptr;
    heap->lock_.Acquire();
    if (timer->heap.load(std::memory_order_relaxed) == heap) return heap;
    heap->lock_.Release();  // it fired in between
  }
}

void TimerHeap::Add(const TimerEntry& entry, TimerHeap* home) {
  TimerHeap* heap = home != nullptr ? home : CurrentTimerHeap();
  bool first = false;
  Timer* swept = nullptr;
  {
    LockGuard guard(heap->lock_);
    swept = heap->Sweep();
    if (Timer* timer = entry.timer()) timer->heap.store(heap, std::memory_order_relaxed);
    heap->Insert(entry);
    first = heap->entries_.front().target == entry.target;
    if (first) heap->PublishNext();
  }
  // What was added may have fired by now, and be gone.
  if (first && home == nullptr) TimerAdded(entry.when_ns);
  DropAll(swept);
}

void StartSleep(G* sleeper, int64_t when_ns) {
  Bubble* const bubble = sleeper->bubble;
  TimerHeap::Add(TimerEntry::Of(when_ns, sleeper), bubble == nullptr ? nullptr : &bubble->timers);
}

void StartTimer(Timer* timer) {
  TimerHeap::Add(TimerEntry::Of(timer->when_ns, timer), timer->home);
}

bool StopTimer(Timer* timer) {
  TimerHeap* heap = TimerHeap::LockHeapOf(timer);
  if (heap == nullptr) return false;
  heap->RemoveAt(timer->index);
  heap->PublishNext();
  heap->lock_.Release();
  return true;
}

bool ResetTimer(Timer* timer, int64_t when_ns, int64_t period_ns) {
  TimerHeap* heap = TimerHeap::LockHeapOf(timer);
  if (heap == nullptr) {
    timer->when_ns = when_ns;
    timer->period_ns = period_ns;
    StartTimer(timer);
    return false;
  }
  timer->period_ns = period_ns;
  heap->Retime(timer->index, when_ns);
  heap->PublishNext();
  const bool first = timer->index == 0;
  heap->lock_.Release();
  if (first && timer->home == nullptr) TimerAdded(when_ns);
  return true;
}

}  // namespace muster::sched
