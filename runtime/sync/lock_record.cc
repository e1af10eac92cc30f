#include "runtime/sync/lock_record.h"

#include "absl/strings/str_cat.h"
#include "runtime/sched/park.h"

namespace muster::internal {

void NoteOwner(LockRecord& record, uint64_t id, const void* pc) {
  record.pc.store(pc, std::memory_order_relaxed);
  record.since_ns.store(sched::CoarseNanos(), std::memory_order_relaxed);
  record.owner.store(id, std::memory_order_relaxed);
}

void Describe(const LockRecord& record, record::Object* object) {
  const uint64_t owner = record.owner.load(std::memory_order_relaxed);
  if (owner == 0 || (owner & kReleased) != 0) return;
  object->owner_id = owner;
  object->owned_since_ns = record.since_ns.load(std::memory_order_relaxed);
  object->acquired_at = reinterpret_cast<uint64_t>(record.pc.load(std::memory_order_relaxed));
}

void PanicUnlock(const char* words, const void* lock, const LockRecord& record) {
  std::string what = absl::StrCat(words, " (", "0x", absl::Hex(reinterpret_cast<uintptr_t>(lock)),
                                  ", unlocked by goroutine ", sched::Id(sched::Self()));
  const uint64_t owner = record.owner.load(std::memory_order_relaxed);
  if (owner == 0) {
    absl::StrAppend(&what, ", never locked)");
  } else {
    absl::StrAppend(&what, ", last locked by goroutine ", owner & ~kReleased, " at 0x",
                    absl::Hex(reinterpret_cast<uintptr_t>(record.pc.load())), ")");
  }
  throw Panic(what);
}

}  // namespace muster::internal
