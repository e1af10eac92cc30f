#include "runtime/sync/lock_record.h"

#include "absl/strings/str_cat.h"
#include "runtime/sched/park.h"

namespace muster::internal {

void Describe(const LockRecord& record, record::Object* object) {
  const uint64_t owner = record.owner.load(std::memory_order_relaxed);
  if (owner == 0 || (owner & kReleased) != 0) return;
  object->owner_id = owner;
  object->owned_since_ns = record.since_ns.load(std::memory_order_relaxed);
  object->acquired_at = reinterpret_cast<uint64_t>(record.pc.load(std::memory_order_relaxed));
}

void PanicUnlock(const char* words, const void* lock, uint64_t last_holder, const void* pc) {
  std::string what = absl::StrCat(words, " (", "0x", absl::Hex(reinterpret_cast<uintptr_t>(lock)),
                                  ", unlocked by goroutine ", sched::Id(sched::Self()));
  if (last_holder == 0) {
    absl::StrAppend(&what, ", never locked)");
  } else {
    absl::StrAppend(&what, ", last locked by goroutine ", last_holder, " at 0x",
                    absl::Hex(reinterpret_cast<uintptr_t>(pc)), ")");
  }
  throw Panic(what);
}

void PanicUnlock(const char* words, const void* lock, const LockRecord& record) {
  PanicUnlock(words, lock, record.owner.load(std::memory_order_relaxed) & ~kReleased,
              record.pc.load(std::memory_order_relaxed));
}

}  // namespace muster::internal
