// How the exclusive locks keep their LockRecord.
#ifndef MUSTER_SYNC_LOCK_RECORD_H_
#define MUSTER_SYNC_LOCK_RECORD_H_

#include <cstdint>

#include "muster/record.h"
#include "muster/sync.h"
#include "runtime/sched/park.h"

namespace muster::internal {

// Added to the owner's id when it lets go, so that a later misuse can still be told who had the
// lock last.
inline constexpr uint64_t kReleased = uint64_t{1} << 63;

// Goroutine `id` has the lock, taken by the call that returns to `pc`. All stores are relaxed: a
// capture reads each field by itself, and the holder's own order is the lock's.
inline void NoteOwner(LockRecord& record, uint64_t id, const void* pc) {
  record.pc.store(pc, std::memory_order_relaxed);
  record.since_ns.store(sched::CoarseNanos(), std::memory_order_relaxed);
  record.owner.store(id, std::memory_order_relaxed);
}
// Before the lock is let go.
inline void NoteRelease(LockRecord& record) {
  record.owner.store(record.owner.load(std::memory_order_relaxed) | kReleased,
                     std::memory_order_relaxed);
}
void Describe(const LockRecord& record, record::Object* object);

// Throws Panic with Go's words, then what is known: the lock, the caller, and the last holder (0:
// none yet) with the return address of its locking call. Who unlocked it is not recorded: that
// would be one more store in every Unlock.
[[noreturn]] void PanicUnlock(const char* words, record::ObjectKind kind, const void* lock,
                              uint64_t last_holder, const void* pc);
[[noreturn]] void PanicUnlock(const char* words, record::ObjectKind kind, const void* lock,
                              const LockRecord& record);

}  // namespace muster::internal

#endif  // MUSTER_SYNC_LOCK_RECORD_H_
