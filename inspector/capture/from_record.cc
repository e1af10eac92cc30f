#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "muster/inspector/capture.h"

namespace muster::inspector {
namespace {

// Converts a record's stacks. Most goroutines share one of a few, so that each distinct one is
// interned once.
class Stacks {
 public:
  explicit Stacks(Snapshot* snapshot) : interner_(snapshot) {}

  StackId Add(const std::vector<uint64_t>& addresses) {
    if (addresses.empty()) return kNoStack;
    const auto [it, is_new] = known_.try_emplace(addresses, kNoStack);
    if (is_new) it->second = interner_.InternAddresses(addresses);
    return it->second;
  }

  // The one-frame stack of a place in the code; none for address 0.
  StackId AddPlace(uint64_t address) {
    return address == 0 ? kNoStack : Add(std::vector<uint64_t>{address});
  }

 private:
  Interner interner_;
  std::map<std::vector<uint64_t>, StackId> known_;
};

int64_t Elapsed(int64_t now_ns, int64_t since_ns) {
  // A goroutine may begin to wait after the snapshot's time was read.
  return std::max<int64_t>(0, now_ns - since_ns);
}

Goroutine Convert(const record::Goroutine& raw, int64_t now_ns, Stacks* stacks) {
  Goroutine goroutine;
  goroutine.id = raw.id;
  goroutine.parent_id = raw.parent_id;
  goroutine.ancestors = raw.ancestors;
  goroutine.kind = raw.kind;
  goroutine.state = raw.state;
  goroutine.reason = record::ToString(raw.reason);
  for (const record::Wait& wait : raw.waits) {
    goroutine.waits.push_back({wait.object, wait.kind, wait.direction});
  }
  if (raw.wait_since_ns != 0) goroutine.wait_ns = Elapsed(now_ns, raw.wait_since_ns);
  if (raw.started_ns != 0) goroutine.age_ns = Elapsed(now_ns, raw.started_ns);
  goroutine.stack = stacks->Add(raw.stack);
  goroutine.creation_stack = stacks->Add(raw.creation_stack);
  goroutine.stack_note = raw.stack_note;
  goroutine.labels = raw.labels;
  for (const record::Held& held : raw.held) {
    goroutine.held.push_back(
        {held.object, held.kind, held.direction, stacks->AddPlace(held.acquired_at)});
  }
  goroutine.held_overflowed = raw.held_overflowed;
  goroutine.locked_to_thread = raw.locked_to_thread;
  goroutine.tid = raw.tid;
  return goroutine;
}

Resource Convert(const record::Object& raw, int64_t now_ns, Stacks* stacks) {
  Resource resource;
  resource.address = raw.address;
  resource.kind = raw.kind;
  resource.owner_id = raw.owner_id;
  if (raw.owned_since_ns != 0) resource.owned_ns = Elapsed(now_ns, raw.owned_since_ns);
  resource.acquired_at = stacks->AddPlace(raw.acquired_at);
  resource.writer_waiting = raw.writer_waiting;
  resource.readers = raw.readers;
  resource.capacity = raw.capacity;
  resource.length = raw.length;
  resource.closed = raw.closed;
  resource.creator_id = raw.creator_id;
  resource.references = raw.references;
  resource.counter = raw.counter;
  return resource;
}

}  // namespace

Snapshot FromRecord(const record::Snapshot& raw) {
  Snapshot snapshot;
  snapshot.source = absl::StrCat("pid ", raw.pid);
  snapshot.format = "live";
  snapshot.taken_unix_ns = raw.realtime_ns;
  snapshot.pid = raw.pid;
  snapshot.procs = raw.procs;
  snapshot.live = raw.live;
  snapshot.captured = raw.captured;
  snapshot.longest_hold_ns = raw.longest_hold_ns;
  snapshot.notes = raw.notes;
  Stacks stacks(&snapshot);
  snapshot.goroutines.reserve(raw.goroutines.size());
  for (const record::Goroutine& goroutine : raw.goroutines) {
    snapshot.goroutines.push_back(Convert(goroutine, raw.monotonic_ns, &stacks));
  }
  snapshot.resources.reserve(raw.objects.size());
  for (const record::Object& object : raw.objects) {
    snapshot.resources.push_back(Convert(object, raw.monotonic_ns, &stacks));
  }
  return snapshot;
}

}  // namespace muster::inspector
