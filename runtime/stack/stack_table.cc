#include "runtime/stack/stack_table.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "runtime/record/tsan.h"

namespace muster::stack {
namespace {

struct Entry {
  uint32_t hash;
  int32_t count;
  uint64_t pcs[];
};

constexpr uint32_t kSlots = kMaxStacks * 2;
std::atomic<Entry*> g_slots[kSlots];
std::atomic<uint32_t> g_used{0};
std::atomic<uint64_t> g_overflow{0};

uint32_t Hash(const uint64_t* pcs, int count) {
  uint64_t hash = 0x9e3779b97f4a7c15ULL ^ static_cast<uint64_t>(count);
  for (int i = 0; i < count; ++i) {
    hash = (hash ^ pcs[i]) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  }
  return static_cast<uint32_t>(hash);
}

bool Same(const Entry* entry, uint32_t hash, const uint64_t* pcs, int count) {
  return entry->hash == hash && entry->count == count &&
         std::memcmp(entry->pcs, pcs, static_cast<size_t>(count) * sizeof(uint64_t)) == 0;
}

Entry* NewEntry(uint32_t hash, const uint64_t* pcs, int count) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(uint64_t);
  Entry* entry = static_cast<Entry*>(std::malloc(sizeof(Entry) + bytes));
  if (entry == nullptr) return nullptr;
  entry->hash = hash;
  entry->count = count;
  std::memcpy(entry->pcs, pcs, bytes);
  return entry;
}

}  // namespace

uint32_t Intern(const uint64_t* pcs, int count) {
  if (count <= 0) return 0;
  const tsan::IgnoreScope ignore;
  const uint32_t hash = Hash(pcs, count);
  Entry* fresh = nullptr;
  // The table is at most half full, so that a probe ends soon.
  for (uint32_t i = hash % kSlots;; i = (i + 1) % kSlots) {
    Entry* entry = g_slots[i].load(std::memory_order_acquire);
    if (entry == nullptr) {
      if (fresh == nullptr) {
        if (g_used.fetch_add(1, std::memory_order_relaxed) >= kMaxStacks) {
          g_used.fetch_sub(1, std::memory_order_relaxed);
          g_overflow.fetch_add(1, std::memory_order_relaxed);
          return 0;
        }
        fresh = NewEntry(hash, pcs, count);
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
      return i + 1;
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
