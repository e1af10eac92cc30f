#include "runtime/stack/frame_trust.h"

#include <atomic>

namespace muster::stack {
namespace {

constexpr uint32_t kSlots = 1 << 16;
static_assert(kMaxAddresses < kSlots, "a probe must end at an empty slot");

// An address, shifted, and whether it is lost. Addresses have fewer than 63 bits.
std::atomic<uint64_t> g_slots[kSlots];
std::atomic<uint32_t> g_used{0};

constexpr uint64_t kLostBit = 1;

// The slot of `address`, or the empty one where it belongs.
std::atomic<uint64_t>& Find(uint64_t address) {
  uint32_t i = static_cast<uint32_t>((address * 0x9e3779b97f4a7c15ULL) >> 48);
  for (;; i = (i + 1) % kSlots) {
    const uint64_t entry = g_slots[i].load(std::memory_order_relaxed);
    if (entry == 0 || entry >> 1 == address) return g_slots[i];
  }
}

}  // namespace

Trust TrustOf(uint64_t return_address) {
  const uint64_t entry = Find(return_address).load(std::memory_order_relaxed);
  // Another thread may have filled the empty slot meanwhile, with another address.
  if (entry >> 1 != return_address) {
    return g_used.load(std::memory_order_relaxed) < kMaxAddresses ? Trust::kUnknown : Trust::kLost;
  }
  return (entry & kLostBit) != 0 ? Trust::kLost : Trust::kKept;
}

Trust TrustOfAll(const uint64_t* pcs, int count) {
  Trust least = Trust::kKept;
  for (int i = 0; i < count; ++i) {
    const Trust trust = TrustOf(pcs[i]);
    if (trust == Trust::kLost) return trust;
    if (trust == Trust::kUnknown) least = trust;
  }
  return least;
}

void Remember(uint64_t return_address, bool kept) {
  if (return_address == 0) return;
  const uint64_t entry = return_address << 1 | (kept ? 0 : kLostBit);
  for (;;) {
    std::atomic<uint64_t>& slot = Find(return_address);
    uint64_t found = slot.load(std::memory_order_relaxed);
    if (found == 0) {
      if (g_used.load(std::memory_order_relaxed) >= kMaxAddresses) return;
      if (slot.compare_exchange_strong(found, entry, std::memory_order_relaxed)) {
        g_used.fetch_add(1, std::memory_order_relaxed);
        return;
      }
    }
    if (found >> 1 != return_address) continue;  // taken by another address meanwhile
    if (!kept) slot.fetch_or(kLostBit, std::memory_order_relaxed);
    return;
  }
}

}  // namespace muster::stack
