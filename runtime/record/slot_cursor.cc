#include "runtime/record/slot_cursor.h"

#include "runtime/stack/arena.h"
#include "runtime/stack/peek.h"

namespace muster::record {
namespace {

constexpr size_t kLine = 64;  // of a CPU cache
// What a roll call reads of a control block, but for ancestors and read locks.
constexpr size_t kHotBytes = offsetof(sched::G, labels) + sizeof(void*);

void PrefetchControlBlock(const sched::G* g) {
  const auto* bytes = reinterpret_cast<const char*>(g);
  for (size_t i = 0; i < kHotBytes; i += kLine) __builtin_prefetch(bytes + i);
}

bool MayBeLookedAt(const sched::G* g) {
  const State state = g->state.load(std::memory_order_relaxed);
  return state == State::kWaiting || state == State::kRunnable;
}

}  // namespace

SlotCursor::SlotCursor() {
  for (sched::G*& g : ring_) g = Fetch();
}

sched::G* SlotCursor::Next() {
  sched::G* const next = ring_[at_];
  ring_[at_] = next == nullptr ? nullptr : Fetch();
  at_ = (at_ + 1) % kAhead;
  // This one's control block was asked for kAhead - kStackAhead slots ago.
  const sched::G* soon = ring_[(at_ + kStackAhead) % kAhead];
  if (soon != nullptr && MayBeLookedAt(soon)) stack::PrefetchStack(soon);
  return next;
}

sched::G* SlotCursor::Fetch() {
  while (arena_ < stack::internal::g_arena_count.load(std::memory_order_acquire)) {
    const stack::internal::Arena* arena =
        stack::internal::g_arenas[arena_].load(std::memory_order_acquire);
    if (slot_ < arena->used.load(std::memory_order_acquire)) {
      const uintptr_t slot = arena->base + slot_++ * stack::SlotSize();
      auto* g = reinterpret_cast<sched::G*>(stack::internal::SlotG(slot));
      PrefetchControlBlock(g);
      return g;
    }
    ++arena_;
    slot_ = 0;
  }
  return nullptr;
}

}  // namespace muster::record
