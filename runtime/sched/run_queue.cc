#include "runtime/sched/run_queue.h"

#include <sched.h>

namespace muster::sched {

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

G* RunQueue::Pop(bool* inherits_slice) {
  // Only the owner fills the next slot, thieves may empty it: once seen empty, it stays so.
  if (next_.load(std::memory_order_relaxed) != nullptr) {
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
      return g;
    }
  }
}

uint32_t RunQueue::Grab(G** batch, bool take_next) {
  uint32_t head = head_.load(std::memory_order_acquire);
  for (;;) {
    const uint32_t tail = tail_.load(std::memory_order_acquire);
    uint32_t count = tail - head;
    count -= count / 2;
    if (count == 0) {
      if (!take_next) return 0;
      if (next_.load(std::memory_order_relaxed) == nullptr) return 0;
      // The owner most likely parks within a microsecond and runs it itself, which is far cheaper
      // than moving it to another CPU. Give it that time.
      for (int i = 0; i < 100; ++i) __builtin_ia32_pause();
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
