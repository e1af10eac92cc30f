#include "runtime/sync/lock_record.h"

#include "runtime/record/misuse.h"

namespace muster::internal {

void Describe(const LockRecord& record, record::Object* object) {
  const uint64_t owner = record.owner.load(std::memory_order_relaxed);
  if (owner == 0 || (owner & kReleased) != 0) return;
  object->owner_id = owner;
  object->owned_since_ns = record.since_ns.load(std::memory_order_relaxed);
  object->acquired_at = reinterpret_cast<uint64_t>(record.pc.load(std::memory_order_relaxed));
}

void PanicUnlock(const char* words, record::ObjectKind kind, const void* lock, uint64_t last_holder,
                 const void* pc) {
  Misuse misuse(words);
  misuse.Object(record::ToString(kind), lock);
  misuse.Caller("unlocks it");
  if (last_holder == 0) {
    misuse.Note("nobody has ever locked it");
  } else {
    misuse.Other(last_holder, "was the last to lock it", pc);
    misuse.Note("who has unlocked it since then is not recorded");
  }
  misuse.Throw();
}

void PanicUnlock(const char* words, record::ObjectKind kind, const void* lock,
                 const LockRecord& record) {
  PanicUnlock(words, kind, lock, record.owner.load(std::memory_order_relaxed) & ~kReleased,
              record.pc.load(std::memory_order_relaxed));
}

}  // namespace muster::internal
