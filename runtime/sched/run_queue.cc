#include "runtime/sched/run_queue.h"

#include <sched.h>

#include "runtime/sched/g.h"

namespace muster::sched {
namespace {

// Asks for cache lines that are about to be written.
void Fetch(uintptr_t address, int lines) {
  for (int i = 0; i < lines; ++i) {
    __builtin_prefetch(reinterpret_cast<const void*>(address + static_cast<uintptr_t>(i) * 64), 1);
  }
}

}  // namespace

bool RunQueue::PushBack(G* g) {
  const uint32_t head = head_.load(std::memory_order_acquire);
  const uint32_t tail = tail_.load(std::memory_order_relaxed);
  if (tail - head >= kCapacity) return false;
  slots_[tail % kCapacity].store(g, std::memory_order_relaxed);
  tail_.store(tail + 1, std::memory_order_release);
  return true;
}

uint32_t RunQueue::PopHalf(G** batch) {
  uint32_t head = head_.load(std::memory_order_acquire);
  const uint32_t tail = tail_.load(std::memory_order_relaxed);
  const uint32_t count = (tail - head) / 2;
  for (uint32_t i = 0; i < count; ++i) {
    batch[i] = slots_[(head + i) % kCapacity].load(std::memory_order_relaxed);
  }
  if (!head_.compare_exchange_strong(head, head + count, std::memory_order_acq_rel,
                                     std::memory_order_relaxed)) {
    return 0;
  }
  return count;
}

void RunQueue::WaitForThief() const {
  constexpr int kSpins = 1000;
  for (int i = 0; thief_there_.load(std::memory_order_acquire); ++i) {
    // It is in a system call of some microseconds, unless the kernel has taken its CPU away.
    if (i < kSpins) {
      __builtin_ia32_pause();
    } else {
      sched_yield();
    }
  }
}

G* RunQueue::StealNext() {
  if (next_.load(std::memory_order_relaxed) == nullptr ||
      thief_there_.exchange(true, std::memory_order_acquire)) {
    return nullptr;
  }
  HeavyBarrier();
  G* stolen = nullptr;
  // Acquire: pairs with the release in ExchangeNext.
  if (!owner_there_.load(std::memory_order_acquire)) {
    stolen = next_.load(std::memory_order_relaxed);
    next_.store(nullptr, std::memory_order_relaxed);
  }
  thief_there_.store(false, std::memory_order_release);
  return stolen;
}

// In a crowd, a goroutine's lines have left the caches since it was queued, and a switch to it
// would wait for one after the other. So they are asked for while those before it run: the control
// block of the one after the next, and, as that says where they are, the frames of the next one. A
// thief may have either by now; then this was for nothing.
void RunQueue::FetchAhead(uint32_t head, uint32_t tail) const {
  constexpr uint32_t kCrowd = 32;
  constexpr int kHotLines = 3;    // of a control block
  constexpr int kFrameLines = 8;  // from the saved context upwards
  if (tail - head < kCrowd) return;
  const G* const next = slots_[head % kCapacity].load(std::memory_order_relaxed);
  const G* const after = slots_[(head + 1) % kCapacity].load(std::memory_order_relaxed);
  Fetch(reinterpret_cast<uintptr_t>(after), kHotLines);
  Fetch(reinterpret_cast<uintptr_t>(next->context), kFrameLines);
}

G* RunQueue::Pop(bool* inherits_slice) {
  if (!NextIsEmpty()) {
    if (G* next = ExchangeNext(nullptr)) {
      *inherits_slice = true;
      return next;
    }
  }
  *inherits_slice = false;
  uint32_t head = head_.load(std::memory_order_acquire);
  for (;;) {
    const uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head) return nullptr;
    G* g = slots_[head % kCapacity].load(std::memory_order_relaxed);
    if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      FetchAhead(head + 1, tail);
      return g;
    }
  }
}

// Watches the next slot for some two microseconds. Its owner most likely parks within that time and
// runs what is there itself, which is far cheaper than moving it to another CPU. True when it still
// has the same goroutine, and the queue, which ends at `tail`, has not grown.
bool RunQueue::NextIsStuck(uint32_t tail) const {
  constexpr int kLooks = 100;
  const G* const seen = next_.load(std::memory_order_relaxed);
  for (int i = 0; i < kLooks && seen != nullptr; ++i) {
    if (next_.load(std::memory_order_relaxed) != seen ||
        tail_.load(std::memory_order_relaxed) != tail) {
      return false;
    }
    __builtin_ia32_pause();
  }
  return seen != nullptr;
}

uint32_t RunQueue::Grab(G** batch, bool take_next) {
  uint32_t head = head_.load(std::memory_order_acquire);
  for (;;) {
    const uint32_t tail = tail_.load(std::memory_order_acquire);
    uint32_t count = tail - head;
    count -= count / 2;
    if (count == 0) {
      if (!take_next || !NextIsStuck(tail)) return 0;
      G* next = StealNext();
      if (next == nullptr) return 0;
      batch[0] = next;
      return 1;
    }
    if (count > kCapacity / 2) {  // head and tail were read at different times
      head = head_.load(std::memory_order_acquire);
      continue;
    }
    for (uint32_t i = 0; i < count; ++i) {
      batch[i] = slots_[(head + i) % kCapacity].load(std::memory_order_relaxed);
    }
    if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return count;
    }
  }
}

G* RunQueue::StealInto(RunQueue* to, bool take_next) {
  G* batch[kCapacity / 2];
  const uint32_t count = Grab(batch, take_next);
  if (count == 0) return nullptr;
  // `to` is the thief's own and empty, so there is room for half a queue.
  for (uint32_t i = 0; i + 1 < count; ++i) to->PushBack(batch[i]);
  return batch[count - 1];
}

}  // namespace muster::sched
