#include "runtime/reach/holders.h"

#include <algorithm>

#include "runtime/record/describe.h"
#include "runtime/stack/arena.h"

namespace muster::reach {

using record::ObjectKind;
using sched::G;

bool Holders::Prepare(size_t slots) {
  if (!living_.Reserve(slots + 1) || !readings_.Reserve(slots * sched::kMaxHeldReads + 1)) {
    return false;
  }
  stack::ForEachSlot([this](G* g) {
    const record::State state = g->state.load(std::memory_order_relaxed);
    if (state == record::State::kIdle || state == record::State::kDead) return;
    living_.Push({g->id, g});
    if (!g->noted_reads) return;
    for (const sched::HeldRead& held : g->held) {
      if (held.lock != nullptr) readings_.Push({held.lock, g});
    }
  });
  std::sort(living_.begin(), living_.end(),
            [](const Living& a, const Living& b) { return a.id < b.id; });
  std::sort(readings_.begin(), readings_.end(),
            [](const Reading& a, const Reading& b) { return std::less<>()(a.lock, b.lock); });
  return true;
}

Holders::Awaited Holders::Look(const G* waiter) {
  record::Object object;  // its name is empty, and so takes nothing from the heap
  switch (waiter->wait.kind) {
    case ObjectKind::kMutex:
      record::DescribeMutex(waiter->wait.object, &object);
      break;
    case ObjectKind::kRWMutex:
      record::DescribeRWMutex(waiter->wait.object, &object);
      break;
    case ObjectKind::kOnce:
      record::DescribeOnce(waiter->wait.object, &object);
      break;
    default:
      return {};
  }
  return {.is_lock = true, .owner = object.owner_id, .readers = object.readers};
}

G* Holders::Find(uint64_t id) const {
  const Living* living =
      std::lower_bound(living_.begin(), living_.end(), id,
                       [](const Living& one, uint64_t wanted) { return one.id < wanted; });
  return living != living_.end() && living->id == id ? living->g : nullptr;
}

const Holders::Reading* Holders::FirstReading(const void* lock) const {
  return std::lower_bound(
      readings_.begin(), readings_.end(), lock,
      [](const Reading& one, const void* wanted) { return std::less<>()(one.lock, wanted); });
}

}  // namespace muster::reach
