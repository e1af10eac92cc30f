#include "runtime/record/lock_order_table.h"

#include <algorithm>

namespace muster::record {
namespace {

bool IsPair(const LockPair& pair, const HeldLock& from, const HeldLock& to, const HeldLock* gates,
            int gate_count) {
  return pair.from.Same(from) && pair.to.Same(to) && pair.gate_count == gate_count &&
         std::equal(gates, gates + gate_count, pair.gates,
                    [](const HeldLock& a, const HeldLock& b) { return a.Same(b); });
}

bool Mentions(const LockPair& pair, LockName lock) {
  return pair.from.lock == lock || pair.to.lock == lock ||
         std::any_of(pair.gates, pair.gates + pair.gate_count,
                     [lock](const HeldLock& gate) { return gate.lock == lock; });
}

}  // namespace

LockWitness* LockPair::WitnessOf(uint64_t id) {
  for (int i = 0; i < witness_count; ++i) {
    if (witnesses[i].taker.id == id) return &witnesses[i];
  }
  return nullptr;
}

void LockOrderTable::Clear() {
  pairs_.clear();
  ClearIndex();
}

LockPair* LockOrderTable::FindOrAdd(const HeldLock& from, const HeldLock& to, const HeldLock* gates,
                                    int gate_count) {
  for (uint32_t at = chains_[ChainOf(from, to)]; at != 0; at = pairs_[at - 1].next) {
    if (IsPair(pairs_[at - 1], from, to, gates, gate_count)) return &pairs_[at - 1];
  }
  if (pairs_.size() == kMaxLockOrders) return nullptr;
  LockPair& pair = pairs_.emplace_back();
  pair.from = from;
  pair.to = to;
  pair.gate_count = gate_count;
  for (int i = 0; i < gate_count; ++i) pair.gates[i] = gates[i];
  Index(static_cast<uint32_t>(pairs_.size() - 1));
  return &pair;
}

bool LockOrderTable::Forget(LockName lock) {
  if (!MayKnow(lock)) return false;
  const auto end = std::remove_if(pairs_.begin(), pairs_.end(),
                                  [lock](const LockPair& pair) { return Mentions(pair, lock); });
  if (end == pairs_.end()) return false;
  pairs_.erase(end, pairs_.end());
  ClearIndex();
  for (uint32_t i = 0; i < pairs_.size(); ++i) Index(i);
  return true;
}

void LockOrderTable::ClearIndex() {
  std::fill(std::begin(chains_), std::end(chains_), 0);
  for (std::atomic<uint32_t>& count : mentions_) count.store(0, std::memory_order_relaxed);
}

void LockOrderTable::Index(uint32_t index) {
  LockPair& pair = pairs_[index];
  uint32_t& chain = chains_[ChainOf(pair.from, pair.to)];
  pair.next = chain;
  chain = index + 1;
  const auto mention = [this](LockName lock) {
    mentions_[Hash(lock) % kMentions].fetch_add(1, std::memory_order_relaxed);
  };
  mention(pair.from.lock);
  mention(pair.to.lock);
  for (int i = 0; i < pair.gate_count; ++i) mention(pair.gates[i].lock);
}

}  // namespace muster::record
