#include "runtime/reach/marker.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/reach/waiting.h"
#include "runtime/sched/switch.h"
#include "runtime/stack/arena.h"
#include "runtime/sync/parking_lot.h"

namespace muster::reach {
namespace {

using record::State;
using sched::G;

constexpr size_t kMaxMappings = 1 << 20;
constexpr uintptr_t kWord = sizeof(uintptr_t);
// What a switch (sched/context.h) puts at the low end of a stack that it leaves. Only the runtime
// points there.
constexpr uintptr_t kSavedRegisters = 64;

uintptr_t Up(uintptr_t address) { return (address + kWord - 1) & ~(kWord - 1); }
uintptr_t Down(uintptr_t address) { return address & ~(kWord - 1); }

}  // namespace

const char* Marker::Run() {
  if (const char* wrong = Prepare()) return wrong;
  Search(Rule::kAnybody);
  for (G* g : candidates_) stuck_.Push(g);
  FindUnstoppable();
  if (SomeHolderWaits()) {
    Search(Rule::kHoldersOnly);
    FindDeadlocked();
    FindWhoCouldWake();
  }
  return unreadable_ ? "the kernel does not let the process read its own memory (process_vm_readv)"
                     : nullptr;
}

void Marker::Search(Rule rule) {
  rule_ = rule;
  std::fill_n(block_marked_.begin(), heap_.blocks() + 1, uint8_t{0});
  std::fill_n(stack_marked_.begin(), stack_marked_.capacity(), uint8_t{0});
  SortGoroutines();
  if (rule == Rule::kNoTimers) PassOverTimers();
  ScanRoots();
  do {
    Drain();
  } while (WakeReachable());
}

const char* Marker::Prepare() {
  constexpr const char* kNoRoom = "there is not enough address space";
  if (!maps_.Reserve(kMaxMappings)) return kNoRoom;
  if (!ReadMaps(&maps_)) return "/proc/self/maps cannot be read";
  if (!heap_.Find(maps_)) return kNoRoom;
  const uint32_t arenas = stack::internal::g_arena_count.load(std::memory_order_relaxed);
  if (!arenas_.Reserve(arenas + 1)) return kNoRoom;
  FindArenas();
  const size_t slots = arenas * (stack::kArenaSize / stack::SlotSize() + 1);
  if (!block_marked_.Reserve(heap_.blocks() + 1) || !stack_marked_.Reserve(slots + 1) ||
      !candidates_.Reserve(slots + 1) || !waits_.Reserve(slots + 1) ||
      !queue_entries_.Reserve(slots + 1) || !doubted_.Reserve(slots + 1) ||
      !loops_.Reserve(slots + 1) || !unstoppable_.Reserve(kMostLoops) ||
      !stuck_.Reserve(slots + 1) || !deadlocked_.Reserve(slots + 1) ||
      !met_.Reserve(heap_.blocks() + 1) || !could_wake_.Reserve(kMostCouldWake) ||
      !holders_.Prepare(slots) || !todo_.Reserve(heap_.blocks() + 2 * slots + 1) ||
      !excluded_.Reserve(2 * threads_.size() + ours_.size() + 3)) {
    return kNoRoom;
  }
  for (const GlibcHeap::Region& region : heap_.regions()) {
    lowest_ = std::min(lowest_, region.lo);
    highest_ = std::max(highest_, region.hi + kWord);
  }
  for (const Range& arena : arenas_) {
    lowest_ = std::min(lowest_, arena.lo);
    highest_ = std::max(highest_, arena.hi);
  }
  return nullptr;
}

// Arenas by address; slots are numbered in that order.
void Marker::FindArenas() {
  const uint32_t count = stack::internal::g_arena_count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    const auto* arena = stack::internal::g_arenas[i].load(std::memory_order_relaxed);
    if (arena != nullptr) arenas_.Push({arena->base, arena->base + stack::kArenaSize});
  }
  std::sort(arenas_.begin(), arenas_.end(),
            [](const Range& a, const Range& b) { return a.lo < b.lo; });
}

G* Marker::SlotOf(uintptr_t address, size_t* number) const {
  const Range* arena =
      std::upper_bound(arenas_.begin(), arenas_.end(), address,
                       [](uintptr_t value, const Range& range) { return value < range.hi; });
  if (arena == arenas_.end() || address < arena->lo) return nullptr;
  const size_t per_arena = stack::kArenaSize / stack::SlotSize();
  const size_t slot = (address - arena->lo) / stack::SlotSize();
  if (slot >= per_arena) return nullptr;
  *number = static_cast<size_t>(arena - arenas_.begin()) * per_arena + slot;
  return reinterpret_cast<G*>(stack::internal::SlotG(arena->lo + slot * stack::SlotSize()));
}

// The part of a goroutine's stack that its frames occupy, with the closure behind them.
Range Marker::StackInUse(const G* g) const {
  const auto top = reinterpret_cast<uintptr_t>(g);
  const uintptr_t bottom = g->stack_lo;
  for (const StoppedThread& thread : threads_) {
    if (thread.tid != 0 && thread.sp >= bottom && thread.sp < top) {
      return {std::max(bottom, thread.lowest), top};
    }
  }
  const State state = g->state.load(std::memory_order_relaxed);
  const auto context = reinterpret_cast<uintptr_t>(g->context);
  const bool saved = state == State::kWaiting || state == State::kRunnable;
  if (saved && context >= bottom && context < top) return {context, top};
  // Dead, or just being started: what there can be is a closure at its top.
  if (state == State::kDead || state == State::kIdle) {
    return {std::max(bottom, top - stack::kPageSize), top};
  }
  return {bottom, top};
}

// Goroutines that can run are roots; the others are candidates.
void Marker::SortGoroutines() {
  candidates_.Clear();
  queue_entries_.Clear();
  stack::ForEachSlot([this](G* g) {
    const State state = g->state.load(std::memory_order_relaxed);
    if (state == State::kIdle || state == State::kDead) return;
    size_t number = 0;
    SlotOf(reinterpret_cast<uintptr_t>(g), &number);
    if (state == State::kWaiting && IsCandidate(g)) {
      candidates_.Push(g);
      waits_[number] = 1;
      const void* const entry = LockQueueEntry(g);
      if (entry != nullptr) queue_entries_.Push(reinterpret_cast<uintptr_t>(entry));
    } else {
      MarkStack(g);
    }
  });
  candidate_count_ = candidates_.size();
  std::sort(queue_entries_.begin(), queue_entries_.end());
}

void Marker::ScanRoots() {
  excluded_.Clear();
  for (const Range& range : ours_) excluded_.Push(range);
  excluded_.Push(maps_.Memory());
  const auto lot = reinterpret_cast<uintptr_t>(&internal::g_buckets);
  // It lists those who wait for a mutex. Whoever wakes them comes by way of the mutex.
  excluded_.Push({lot, lot + sizeof(internal::g_buckets)});
  for (const StoppedThread& thread : threads_) {
    if (thread.tid != 0) ScanThread(thread);
  }
  for (const Mapping& mapping : maps_) ExcludeMainState(mapping);
  std::sort(excluded_.begin(), excluded_.end(),
            [](const Range& a, const Range& b) { return a.lo < b.lo; });
  for (const Mapping& mapping : maps_) {
    if (mapping.readable && mapping.writable && !mapping.is_device) ScanMapping(mapping);
  }
}

// Whether the scheduler loop of `m` waits for work.
bool Marker::IsIdle(const sched::M* m) const {
  if (!sched::g_scheduler.lock.LooksFree()) return false;
  const sched::M* idle = sched::g_scheduler.idle_m;
  while (idle != nullptr && idle != m) idle = idle->idle_link;
  return idle != nullptr;
}

void Marker::ScanThread(const StoppedThread& thread) {
  // The registers. What else there is on an alternate stack is not in use.
  const bool on_other = thread.sp >= thread.other_stack_lo && thread.sp < thread.other_stack_hi;
  if (thread.other_stack_lo != 0 && !on_other) {
    excluded_.Push({thread.other_stack_lo, thread.other_stack_hi});
  }
  const sched::M* const m = thread.m;
  const sched::MonitorStack& monitor = sched::g_monitor_stack;
  size_t number = 0;
  G* const running = SlotOf(thread.sp, &number);
  if (running != nullptr) {
    MarkStack(running);
    // The scheduler's own frames wait for the goroutine, and have nothing of anybody's.
    if (m != nullptr) ExcludeBelow(m->loop_top, m);
  } else if (m != nullptr && IsIdle(m)) {
    ExcludeBelow(m->loop_top, m);
    return;
  } else if (thread.tid == monitor.tid.load(std::memory_order_relaxed) &&
             monitor.resting.load(std::memory_order_relaxed)) {
    ExcludeBelow(monitor.top, nullptr);
    return;
  } else if (thread.tooling != 0) {
    // It has read the whole record, so that its frames are full of what others wait for.
    ExcludeBelow(thread.tooling, nullptr);
    const Mapping* stack = FindMapping(maps_, thread.tooling);
    if (stack != nullptr) ScanForeign(Up(thread.tooling), stack->hi, true);
    return;
  } else {
    if (!on_other) ExcludeBelow(thread.lowest, m);
    const Mapping* stack = FindMapping(maps_, thread.lowest);
    if (stack != nullptr) ScanForeign(Up(thread.lowest), stack->hi, true);
  }
  Scan(Up(thread.frame_lo), Down(thread.frame_hi), true);
}

// Leaves out what is below `native` on a thread's own stack, if it is known where that begins: the
// runtime's threads know, glibc puts a guard before it, and the main thread's has a mapping of its
// own. (A stack that the program has given to a thread may have anything before it.)
void Marker::ExcludeBelow(uintptr_t native, const sched::M* m) {
  if (m != nullptr) {
    if (native > m->g0.stack_lo && native <= m->g0.stack_hi)
      excluded_.Push({m->g0.stack_lo, native});
    return;
  }
  const Mapping* stack = FindMapping(maps_, native);
  if (stack == nullptr) return;
  const bool guarded = stack != maps_.begin() && stack[-1].hi == stack->lo && !stack[-1].readable;
  if (guarded || stack->is_main_stack) excluded_.Push({stack->lo, native});
}

void Marker::ExcludeMainState(const Mapping& mapping) {
  if (!mapping.readable || !mapping.writable || !mapping.is_file) return;
  for (uintptr_t at = mapping.lo; at + GlibcHeap::kMainStateSize <= mapping.hi; at += kWord) {
    if (!heap_.IsMainState(at)) continue;
    excluded_.Push({at, at + GlibcHeap::kMainStateSize});
    return;
  }
}

void Marker::ScanMapping(const Mapping& mapping) {
  uintptr_t at = mapping.lo;
  while (at < mapping.hi) {
    // Leave out what is not a root: heaps, goroutines' stacks, what is excluded.
    uintptr_t end = mapping.hi;
    uintptr_t skip_to = mapping.hi;
    const auto leave_out = [&](uintptr_t lo, uintptr_t hi) {
      if (hi <= at || lo >= end) return;
      end = std::max(lo, at);
      skip_to = hi;
    };
    for (const GlibcHeap::Region& region : heap_.regions()) leave_out(region.lo, region.hi);
    for (const Range& arena : arenas_) leave_out(arena.lo, arena.hi);
    for (const Range& range : excluded_) leave_out(range.lo, range.hi);
    ScanForeign(Up(at), Down(end), false);
    at = skip_to;
  }
}

// Memory of which nothing is known: parts of it may not be readable after all (guard pages, files
// that have been cut), so the kernel copies it.
void Marker::ScanForeign(uintptr_t lo, uintptr_t hi, bool of_stack) {
  constexpr size_t kPiece = 1 << 16;
  static uintptr_t piece[kPiece / kWord];
  const pid_t self = getpid();
  while (lo < hi) {
    const size_t wanted = std::min<uintptr_t>(hi - lo, kPiece);
    iovec to = {piece, wanted};
    iovec from = {reinterpret_cast<void*>(lo), wanted};
    const ssize_t got = process_vm_readv(self, &to, 1, &from, 1, 0);
    // A root that was not searched would make every proof worthless.
    if (got < 0 && errno != EFAULT) unreadable_ = true;
    const size_t words = got > 0 ? static_cast<size_t>(got) / kWord : 0;
    for (size_t i = 0; i < words; ++i) MarkWord(piece[i], of_stack);
    scanned_ += words * kWord;
    lo += words * kWord;
    if (words * kWord == wanted) continue;
    lo = (lo & ~(stack::kPageSize - 1)) + stack::kPageSize;  // past the page that cannot be read
  }
}

void Marker::Scan(uintptr_t lo, uintptr_t hi, bool of_stack) {
  if (hi <= lo) return;
  scanned_ += hi - lo;
  for (uintptr_t at = lo; at + kWord <= hi; at += kWord) {
    MarkWord(*reinterpret_cast<const uintptr_t*>(at), of_stack);
  }
}

void Marker::MarkWord(uintptr_t word, bool of_stack) {
  if (word < lowest_ || word > highest_) return;
  const size_t block = heap_.BlockOf(word);
  if (block != GlibcHeap::kNone) {
    uint8_t& mark = block_marked_[block];
    if (mark == kRunnable || mark == search_) return;
    if (mark == kSought) {
      if (std::find(met_.begin(), met_.end(), block) == met_.end()) met_.Push(block);
      return;
    }
    mark = search_;
    todo_.Push({heap_.BlockBegin(block), Down(heap_.BlockEnd(block))});
    return;
  }
  size_t number = 0;
  G* const g = SlotOf(word, &number);
  if (g == nullptr) return;
  const State state = g->state.load(std::memory_order_relaxed);
  if (state == State::kIdle) return;
  if (rule_ == Rule::kHoldersOnly &&
      std::binary_search(queue_entries_.begin(), queue_entries_.end(), word)) {
    return;
  }
  if (state == State::kDead) {
    if (of_stack) MarkStack(g);
    return;
  }
  uintptr_t lowest = StackInUse(g).lo;
  if (lowest == reinterpret_cast<uintptr_t>(g->context)) lowest += kSavedRegisters;
  if (word < reinterpret_cast<uintptr_t>(g) && word >= lowest) MarkStack(g);
}

void Marker::MarkStack(G* g) {
  size_t number = 0;
  if (SlotOf(reinterpret_cast<uintptr_t>(g), &number) == nullptr) return;
  uint8_t& mark = stack_marked_[number];
  if (mark == kRunnable || mark == search_) return;
  mark = search_;
  const Range used = StackInUse(g);
  const uintptr_t entry = g->stack_hi - sched::EntryFrameSize();
  if (g->started && used.lo < entry && g->stack_hi < used.hi) {
    todo_.Push({Up(used.lo), entry});
    todo_.Push({g->stack_hi, used.hi});
  } else {
    todo_.Push({Up(used.lo), used.hi});
  }
  // What the control block has of the goroutine's own.
  MarkWord(reinterpret_cast<uintptr_t>(g->closure), false);
  MarkWord(reinterpret_cast<uintptr_t>(g->exceptions.caught), false);
  if (g->has_extras) MarkWord(reinterpret_cast<uintptr_t>(g->after_exit_arg), false);
}

void Marker::Drain() {
  while (todo_.size() != 0) {
    const Range cell = todo_.Pop();
    size_t number = 0;
    Scan(cell.lo, cell.hi, SlotOf(cell.lo, &number) != nullptr);
  }
}

bool Marker::IsReachable(uintptr_t object) const {
  const size_t block = heap_.BlockOf(object);
  if (block != GlibcHeap::kNone) return block_marked_[block] != 0;
  size_t number = 0;
  if (SlotOf(object, &number) != nullptr) return stack_marked_[number] != 0;
  return true;  // a global variable, or memory of which nothing is known
}

bool Marker::Waits(const G* g) const {
  size_t number = 0;
  return SlotOf(reinterpret_cast<uintptr_t>(g), &number) != nullptr && waits_[number] != 0;
}

// A candidate that waits on what is reachable; in the second search, for a lock whose holders can
// all go on.
bool Marker::CanGoOn(const G* g) const {
  size_t number = 0;
  SlotOf(reinterpret_cast<uintptr_t>(g), &number);
  const bool doubted = rule_ == Rule::kNoTimers && doubted_[number] != 0;
  bool reachable = false;
  ForEachAwaited(g, [&](const void* object) {
    if (doubted && IsFedByTimer(object)) return;
    reachable = reachable || IsReachable(reinterpret_cast<uintptr_t>(object));
  });
  if (!reachable || rule_ != Rule::kHoldersOnly) return reachable;
  bool held_up = false;
  const bool known =
      holders_.ForEach(g, [&](const G* holder) { held_up = held_up || Waits(holder); });
  return !known || !held_up;
}

// Takes those out of the candidates that somebody can wake; false when there are none.
bool Marker::WakeReachable() {
  size_t kept = 0;
  for (G* g : candidates_) {
    if (CanGoOn(g)) {
      size_t number = 0;
      SlotOf(reinterpret_cast<uintptr_t>(g), &number);
      waits_[number] = 0;
      MarkStack(g);
    } else {
      candidates_[kept++] = g;
    }
  }
  const bool some = kept != candidates_.size();
  candidates_.SetSize(kept);
  return some;
}

bool Marker::IsLoop(const G* g) const {
  if (g->state.load(std::memory_order_relaxed) != State::kWaiting) return false;
  if (g->wait.reason != record::WaitReason::kSelect || !IsCandidate(g)) return false;
  bool timer = false;
  bool other = false;
  ForEachAwaited(g, [&](const void* chan) { (IsFedByTimer(chan) ? timer : other) = true; });
  return timer && other;
}

uint8_t& Marker::Doubted(const G* g) {
  size_t number = 0;
  SlotOf(reinterpret_cast<uintptr_t>(g), &number);
  return doubted_[number];
}

// A timer's channel is reachable, and lists those who wait on it, whose stacks would be reachable
// by that; there is nothing else in it.
void Marker::PassOverTimers() {
  for (const G* g : loops_) {
    ForEachAwaited(g, [&](const void* chan) {
      const size_t block = heap_.BlockOf(reinterpret_cast<uintptr_t>(chan));
      if (IsFedByTimer(chan) && block != GlibcHeap::kNone) block_marked_[block] = kRunnable;
    });
  }
}

// First for all loops together, which leaves too many: what one of them does can stop another. So
// each that is left is looked at by itself.
void Marker::FindUnstoppable() {
  stack::ForEachSlot([this](G* g) {
    if (!IsLoop(g)) return;
    loops_.Push(g);
    Doubted(g) = 1;
  });
  if (loops_.size() == 0) return;
  Search(Rule::kNoTimers);
  size_t left = 0;
  for (G* g : loops_) {
    Doubted(g) = 0;
    if (Waits(g)) loops_[left++] = g;
  }
  loops_.SetSize(std::min(left, kMostLoops));
  for (G* g : loops_) {
    Doubted(g) = 1;
    Search(Rule::kNoTimers);
    if (Waits(g)) unstoppable_.Push(g);
    Doubted(g) = 0;
  }
}

// Whether a search by holders can find anything: somebody waits for a lock of one who waits as
// well.
bool Marker::SomeHolderWaits() const {
  bool some = false;
  stack::ForEachSlot([&](const G* g) {
    if (some || g->state.load(std::memory_order_relaxed) != State::kWaiting) return;
    if (!IsCandidate(g)) return;
    holders_.ForEach(g, [&](const G* holder) {
      some = some || (holder->state.load(std::memory_order_relaxed) == State::kWaiting &&
                      IsCandidate(holder));
    });
  });
  return some;
}

void Marker::FindDeadlocked() {
  // Both are in the same order, and all that are stuck are among the candidates that are left.
  G* const* stuck = stuck_.begin();
  for (G* g : candidates_) {
    if (stuck != stuck_.end() && *stuck == g) {
      ++stuck;
    } else {
      deadlocked_.Push(g);
    }
  }
}

// Follows what each of the deadlocked ones has, beyond what can run has.
void Marker::FindWhoCouldWake() {
  const size_t traced = std::min(deadlocked_.size(), kMostTraced);
  for (size_t i = 0; i < traced; ++i) {
    ForEachAwaited(deadlocked_[i], [&](const void* object) {
      const size_t block = heap_.BlockOf(reinterpret_cast<uintptr_t>(object));
      if (block != GlibcHeap::kNone && block_marked_[block] != kRunnable) {
        block_marked_[block] = kSought;
      }
    });
  }
  search_ = kFirstTrace;
  for (size_t i = 0; i < traced; ++i, ++search_) TraceFrom(deadlocked_[i]);
}

void Marker::TraceFrom(const G* other) {
  met_.Clear();
  MarkStack(const_cast<G*>(other));
  Drain();
  const size_t traced = std::min(deadlocked_.size(), kMostTraced);
  for (size_t i = 0; i < traced; ++i) {
    const G* const waiter = deadlocked_[i];
    if (waiter == other || holders_.ForEach(waiter, [](const G*) {})) continue;
    bool has = false;
    ForEachAwaited(waiter, [&](const void* object) {
      const auto address = reinterpret_cast<uintptr_t>(object);
      const size_t block = heap_.BlockOf(address);
      size_t number = 0;
      if (block != GlibcHeap::kNone) {
        has = has || std::find(met_.begin(), met_.end(), block) != met_.end();
      } else if (SlotOf(address, &number) != nullptr) {
        has = has || stack_marked_[number] == search_;
      }
    });
    if (has) could_wake_.Push({waiter->id, other->id});
  }
}

}  // namespace muster::reach
