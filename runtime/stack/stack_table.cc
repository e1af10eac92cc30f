#include "runtime/stack/stack_table.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/record/tsan.h"

namespace muster::stack {
namespace {

struct Entry {
  uint64_t hash;
  int32_t count;
  std::atomic<bool> trusted;
  uint64_t pcs[];
};

constexpr int kSlotBits = 17;
constexpr uint32_t kSlots = 1 << kSlotBits;
static_assert(kSlots == kMaxStacks * 2,
              "the table is at most half full, so that a probe ends soon");
std::atomic<Entry*> g_slots[kSlots];
std::atomic<uint32_t> g_used{0};
std::atomic<uint64_t> g_overflow{0};

uint32_t FirstSlot(uint64_t hash) { return static_cast<uint32_t>(hash >> (64 - kSlotBits)); }

bool Same(const Entry* entry, uint64_t hash, const uint64_t* pcs, int count) {
  if (entry->hash != hash || entry->count != count) return false;
  // Not memcmp: a call of it takes longer than the dozen of words that a stack has.
  uint64_t difference = 0;
  for (int i = 0; i < count; ++i) difference |= entry->pcs[i] ^ pcs[i];
  return difference == 0;
}

Entry* NewEntry(uint64_t hash, const uint64_t* pcs, int count, bool trusted) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(uint64_t);
  void* memory = std::malloc(sizeof(Entry) + bytes);
  if (memory == nullptr) return nullptr;
  Entry* entry = new (memory) Entry{hash, count, trusted};
  std::memcpy(entry->pcs, pcs, bytes);
  return entry;
}

}  // namespace

uint32_t Intern(const uint64_t* pcs, int count, bool trusted) {
  if (count <= 0) return 0;
  const tsan::IgnoreScope ignore;
  const uint64_t hash = ChainHash::Of(pcs, count);
  Entry* fresh = nullptr;
  for (uint32_t i = FirstSlot(hash);; i = (i + 1) % kSlots) {
    Entry* entry = g_slots[i].load(std::memory_order_acquire);
    if (entry == nullptr) {
      if (fresh == nullptr) {
        if (g_used.fetch_add(1, std::memory_order_relaxed) >= kMaxStacks) {
          g_used.fetch_sub(1, std::memory_order_relaxed);
          g_overflow.fetch_add(1, std::memory_order_relaxed);
          return 0;
        }
        fresh = NewEntry(hash, pcs, count, trusted);
        if (fresh == nullptr) {
          g_used.fetch_sub(1, std::memory_order_relaxed);
          return 0;
        }
      }
      if (g_slots[i].compare_exchange_strong(entry, fresh, std::memory_order_acq_rel,
                                             std::memory_order_acquire)) {
        return i + 1;
      }
    }
    if (Same(entry, hash, pcs, count)) {
      if (fresh != nullptr) {  // another thread was first
        g_used.fetch_sub(1, std::memory_order_relaxed);
        std::free(fresh);
      }
      if (trusted) entry->trusted.store(true, std::memory_order_relaxed);
      return i + 1;
    }
  }
}

uint32_t FindTrusted(const uint64_t* pcs, int count, uint64_t hash) {
  for (uint32_t i = FirstSlot(hash);; i = (i + 1) % kSlots) {
    const Entry* entry = g_slots[i].load(std::memory_order_acquire);
    if (entry == nullptr) return 0;
    if (Same(entry, hash, pcs, count)) {
      return entry->trusted.load(std::memory_order_relaxed) ? i + 1 : 0;
    }
  }
}

std::vector<uint64_t> Lookup(uint32_t id) {
  const tsan::IgnoreScope ignore;
  if (id == 0 || id > kSlots) return {};
  const Entry* entry = g_slots[id - 1].load(std::memory_order_acquire);
  if (entry == nullptr) return {};
  return {entry->pcs, entry->pcs + entry->count};
}

int LookupInto(uint32_t id, uint64_t* pcs, int max) {
  const tsan::IgnoreScope ignore;
  if (id == 0 || id > kSlots) return 0;
  const Entry* entry = g_slots[id - 1].load(std::memory_order_acquire);
  if (entry == nullptr) return 0;
  const int count = entry->count < max ? entry->count : max;
  std::memcpy(pcs, entry->pcs, static_cast<size_t>(count) * sizeof(uint64_t));
  return count;
}

uint64_t OverflowCount() { return g_overflow.load(std::memory_order_relaxed); }

}  // namespace muster::stack
