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
  SortGoroutines();
  ScanRoots();
  do {
    Drain();
  } while (WakeReachable());
  return unreadable_ ? "the kernel does not let the process read its own memory (process_vm_readv)"
                     : nullptr;
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
      !candidates_.Reserve(slots + 1) || !todo_.Reserve(heap_.blocks() + 2 * slots + 1) ||
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
  stack::ForEachSlot([this](G* g) {
    const State state = g->state.load(std::memory_order_relaxed);
    if (state == State::kIdle || state == State::kDead) return;
    if (state == State::kWaiting && IsCandidate(g)) {
      candidates_.Push(g);
    } else {
      MarkStack(g);
    }
  });
  candidate_count_ = candidates_.size();
}

void Marker::ScanRoots() {
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
    if (block_marked_[block] != 0) return;
    block_marked_[block] = 1;
    todo_.Push({heap_.BlockBegin(block), Down(heap_.BlockEnd(block))});
    return;
  }
  size_t number = 0;
  G* const g = SlotOf(word, &number);
  if (g == nullptr) return;
  const State state = g->state.load(std::memory_order_relaxed);
  if (state == State::kIdle) return;
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
  if (SlotOf(reinterpret_cast<uintptr_t>(g), &number) == nullptr || stack_marked_[number] != 0) {
    return;
  }
  stack_marked_[number] = 1;
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

// Takes those out of the candidates that somebody can wake; false when there are none.
bool Marker::WakeReachable() {
  size_t kept = 0;
  for (G* g : candidates_) {
    bool reachable = false;
    ForEachAwaited(g, [&](const void* object) {
      reachable = reachable || IsReachable(reinterpret_cast<uintptr_t>(object));
    });
    if (reachable) {
      MarkStack(g);
    } else {
      candidates_[kept++] = g;
    }
  }
  const bool some = kept != candidates_.size();
  candidates_.SetSize(kept);
  return some;
}

}  // namespace muster::reach
