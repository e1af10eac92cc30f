// LockOrderTable: the pairs of locks that were taken one under the other. Bounded; not thread-safe.
#ifndef MUSTER_RECORD_LOCK_ORDER_TABLE_H_
#define MUSTER_RECORD_LOCK_ORDER_TABLE_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "muster/record.h"
#include "runtime/record/lock_order.h"

namespace muster::record {

// A lock's address as it is kept: no pointer, for the search for leaks to follow.
using LockName = uintptr_t;
inline LockName NameOf(const void* address) { return ~reinterpret_cast<uintptr_t>(address); }

// A number that grows: see lock_order.h. 0 is none.
using Moment = uint64_t;

struct HeldLock {
  LockName lock = 0;
  ObjectKind kind = ObjectKind::kNone;
  Direction direction = Direction::kNone;
  bool doubtful = false;  // it may be held no more
  const void* pc = nullptr;
  Moment taken = 0;  // between this moment and the next

  bool Same(const HeldLock& other) const {
    return lock == other.lock && direction == other.direction;
  }
};

// Who takes locks, and what comes before that.
struct LockTaker {
  uint64_t id = 0;
  uint32_t creation_stack = 0;
  int ancestor_count = 0;
  Spawn ancestors[kMaxAncestors];
};

// One goroutine that has taken the locks of a pair in that order.
struct LockWitness {
  LockTaker taker;
  Moment first = 0;
  Moment last = 0;  // not after the next time that it started a goroutine or called Done
  uint32_t stack = 0;
  LockName done_on = 0;  // the wait group that it has counted down since
  Spawn joined;          // who has waited for that, and when
  const void* from_pc = nullptr;
  const void* to_pc = nullptr;
  const void* gate_pcs[kMaxHeldLocks - 1] = {};
};

struct LockPair {
  static constexpr int kWitnesses = 2;

  HeldLock from;
  HeldLock to;
  int gate_count = 0;
  HeldLock gates[kMaxHeldLocks - 1];
  int witness_count = 0;
  LockWitness witnesses[kWitnesses];
  uint32_t next = 0;  // in its chain, + 1

  LockWitness* WitnessOf(uint64_t id);
};

class LockOrderTable {
 public:
  LockOrderTable() { pairs_.reserve(kMaxLockOrders); }

  void Clear();
  // The pair of `from` and `to` under these gates (in the order in which they were taken): the
  // known one, a new one without witnesses, or nullptr when there is no room.
  LockPair* FindOrAdd(const HeldLock& from, const HeldLock& to, const HeldLock* gates,
                      int gate_count);
  // Forgets every pair in which the lock appears; returns whether there was one.
  bool Forget(LockName lock);
  // Whether Forget may find one. Thread-safe, and wrong only where somebody adds such a pair now.
  bool MayKnow(LockName lock) const {
    return mentions_[Hash(lock) % kMentions].load(std::memory_order_relaxed) != 0;
  }

  std::vector<LockPair>& pairs() { return pairs_; }

  static uint64_t Hash(uint64_t value) {
    value *= 0x9e3779b97f4a7c15ULL;
    return value ^ value >> 32;
  }

 private:
  static constexpr uint32_t kChains = 4096;
  static constexpr uint32_t kMentions = 8192;

  static uint32_t ChainOf(const HeldLock& from, const HeldLock& to) {
    return Hash(from.lock ^ Hash(to.lock)) % kChains;
  }
  void ClearIndex();
  void Index(uint32_t index);

  std::vector<LockPair> pairs_;
  uint32_t chains_[kChains] = {};  // index of the first pair + 1
  // How many pairs mention a lock with this hash.
  std::atomic<uint32_t> mentions_[kMentions] = {};
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_LOCK_ORDER_TABLE_H_
