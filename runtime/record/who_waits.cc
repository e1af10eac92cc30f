#include "runtime/record/who_waits.h"

#include <algorithm>

namespace muster::record {

const Object* FindObject(const Snapshot& snapshot, uint64_t address) {
  const auto at = std::lower_bound(
      snapshot.objects.begin(), snapshot.objects.end(), address,
      [](const Object& object, uint64_t wanted) { return object.address < wanted; });
  return at != snapshot.objects.end() && at->address == address ? &*at : nullptr;
}

void WriteWho(ErrorWriter& out, const Snapshot& snapshot, uint64_t id) {
  // Threads are few, and stand behind the goroutines.
  for (auto at = snapshot.goroutines.rbegin();
       id >= kFirstThreadId && at != snapshot.goroutines.rend(); ++at) {
    if (at->id == id) {
      out << "thread " << static_cast<uint64_t>(at->tid);
      return;
    }
  }
  out << "goroutine " << id;
}

bool WriteHolderAwaited(ErrorWriter& out, const Snapshot& snapshot, const Goroutine& goroutine) {
  if (goroutine.waits.size() != 1 || goroutine.waits[0].object == 0) return false;
  const Object* object = FindObject(snapshot, goroutine.waits[0].object);
  if (object == nullptr || object->owner_id == 0) return false;
  WriteWho(out, snapshot, goroutine.id);
  out << " waits for " << ToString(object->kind) << " ";
  out.Hex(object->address) << ", which ";
  WriteWho(out, snapshot, object->owner_id);
  out << " holds";
  if (object->acquired_at != 0) {
    out << " (taken in ";
    WritePlace(out, object->acquired_at);
    out << ")";
  }
  out << "\n";
  return true;
}

}  // namespace muster::record
