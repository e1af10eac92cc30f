#include "runtime/time/timer.h"

#include <algorithm>

#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"

namespace muster::sched {
namespace {

constexpr size_t kArity = 4;

int64_t AddSaturated(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kNever : sum;
}

}  // namespace

void TimerHeap::Place(size_t index, Entry entry) {
  entries_[index] = entry;
  if (!entry.fixed()) entry.timer()->index = static_cast<uint32_t>(index);
}

size_t TimerHeap::SiftUp(size_t index) {
  const Entry moving = entries_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / kArity;
    if (entries_[parent].when_ns <= moving.when_ns) break;
    Place(index, entries_[parent]);
    index = parent;
  }
  Place(index, moving);
  return index;
}

void TimerHeap::SiftDown(size_t index) {
  const Entry moving = entries_[index];
  for (;;) {
    const size_t first = index * kArity + 1;
    if (first >= entries_.size()) break;
    const size_t siblings = std::min(kArity, entries_.size() - first);
    const Entry* const children = &entries_[first];
    size_t least = 0;
    for (size_t child = 1; child < siblings; ++child) {
      if (children[child].when_ns < children[least].when_ns) least = child;
    }
    if (moving.when_ns <= children[least].when_ns) break;
    Place(index, children[least]);
    index = first + least;
  }
  Place(index, moving);
}

bool TimerHeap::Insert(Timer* timer) {
  entries_.push_back({timer->when_ns, timer, timer->fixed});
  timer->heap.store(this, std::memory_order_relaxed);
  return SiftUp(entries_.size() - 1) == 0;
}

void TimerHeap::RemoveAt(size_t index) {
  if (!entries_[index].fixed()) {
    entries_[index].timer()->heap.store(nullptr, std::memory_order_release);
  }
  const Entry last = entries_.back();
  entries_.pop_back();
  if (entries_.empty()) sweep_at_ = kFirstSweep;
  if (index == entries_.size()) return;
  Place(index, last);
  SiftDown(SiftUp(index));
}

void TimerHeap::Retime(size_t index, int64_t when_ns) {
  Timer* timer = entries_[index].timer();
  timer->when_ns = entries_[index].when_ns = when_ns;
  SiftDown(SiftUp(index));
}

void TimerHeap::PublishNext() {
  next_when_.store(entries_.empty() ? kNever : entries_.front().when_ns, std::memory_order_relaxed);
}

Timer* TimerHeap::Sweep() {
  Timer* swept = nullptr;
  if (entries_.size() < sweep_at_) return swept;
  size_t kept = 0;
  for (size_t index = 0; index < entries_.size(); ++index) {
    const Entry entry = entries_[index];
    if (!entry.fixed() && entry.timer()->abandoned != nullptr &&
        entry.timer()->abandoned(entry.timer())) {
      entry.timer()->heap.store(nullptr, std::memory_order_release);
      entry.timer()->swept = swept;
      swept = entry.timer();
    } else {
      Place(kept++, entry);
    }
  }
  entries_.Shrink(kept);
  for (size_t index = kept; index-- > 0;) SiftDown(index);
  sweep_at_ = std::max(kFirstSweep, 2 * kept);
  return swept;
}

Timer* TimerHeap::TakeExpired(int64_t now_ns) {
  if (entries_.empty() || entries_.front().when_ns > now_ns) return nullptr;
  Timer* timer = entries_.front().timer();
  if (entries_.front().fixed()) {
    __builtin_prefetch(timer);
    RemoveAt(0);
    return timer;
  }
  if (timer->period_ns > 0) {
    if (timer->hold != nullptr) timer->hold(timer);
    // Ticks that were missed are dropped.
    const int64_t missed = (now_ns - timer->when_ns) / timer->period_ns;
    Retime(0, AddSaturated(timer->when_ns + timer->period_ns * missed, timer->period_ns));
  } else {
    RemoveAt(0);
  }
  return timer;
}

int TimerHeap::TakeSomeExpired(int64_t now_ns, Timer** due) {
  LockGuard guard(lock_);
  int count = 0;
  while (count < kFireBatch && (due[count] = TakeExpired(now_ns)) != nullptr) ++count;
  PublishNext();
  return count;
}

int TimerHeap::RunExpired(int64_t now_ns) {
  int fired = 0;
  for (;;) {
    Timer* due[kFireBatch];
    const int count = TakeSomeExpired(now_ns, due);
    for (int i = 0; i < count; ++i) {
      Timer* const timer = due[i];
      if (i + 1 < count) __builtin_prefetch(due[i + 1]->arg, 1);
      auto* const drop = timer->drop;  // read first: without it the timer may be gone after firing
      timer->fire(timer, now_ns);
      if (drop != nullptr) drop(timer);
    }
    fired += count;
    if (count < kFireBatch) return fired;
  }
}

bool TimerHeap::AnyCanWake() {
  LockGuard guard(lock_);
  // The monitor asks, whom no edge that TSan knows of orders behind those who made the timers.
  const tsan::IgnoreScope ignore;
  for (size_t index = 0; index < entries_.size(); ++index) {
    const Entry& entry = entries_[index];
    if (entry.when_ns == kNever) continue;
    if (entry.fixed() || entry.timer()->can_wake == nullptr ||
        entry.timer()->can_wake(entry.timer()))
      return true;
  }
  return false;
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

void StartTimer(Timer* timer) {
  TimerHeap* heap = CurrentTimerHeap();
  // Read before the lock is released: a sleeper's timer may fire, and be gone, at once.
  const int64_t when_ns = timer->when_ns;
  bool first = false;
  Timer* swept = nullptr;
  {
    LockGuard guard(heap->lock_);
    swept = heap->Sweep();
    first = heap->Insert(timer);
    heap->PublishNext();
  }
  if (first) TimerAdded(when_ns);
  while (swept != nullptr) {
    Timer* gone = swept;
    swept = swept->swept;
    gone->drop(gone);
  }
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
  if (first) TimerAdded(when_ns);
  return true;
}

}  // namespace muster::sched
