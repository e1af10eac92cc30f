#include <algorithm>
#include <optional>

#include "inspector/capture/convert.h"
#include "muster/inspector/capture.h"

namespace muster::inspector {
namespace {

int64_t Elapsed(int64_t now_ns, int64_t since_ns) {
  // A lock may be taken after the snapshot's time was read.
  return std::max<int64_t>(0, now_ns - since_ns);
}

Resource Convert(const record::Object& raw, int64_t now_ns, RecordStacks* stacks) {
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
  resource.created_at = stacks->AddPlace(raw.created_at);
  resource.last_holder_id = raw.last_holder_id;
  resource.references = raw.references;
  resource.counter = raw.counter;
  resource.fd = std::max(raw.fd, 0);
  resource.name = raw.name;
  return resource;
}

Held Convert(const record::Held& raw, RecordStacks* stacks) {
  return {raw.object, raw.kind, raw.direction, stacks->AddPlace(raw.acquired_at)};
}

LockOrder Convert(const record::LockOrder& raw, RecordStacks* stacks) {
  LockOrder order;
  order.from = Convert(raw.from, stacks);
  order.to = Convert(raw.to, stacks);
  for (const record::Held& gate : raw.gates) order.gates.push_back(Convert(gate, stacks));
  order.goroutine_id = raw.goroutine_id;
  order.first_moment = raw.first_moment;
  order.last_moment = raw.last_moment;
  order.ancestors = raw.ancestors;
  order.joined = raw.joined;
  order.stack = stacks->Add(raw.stack);
  order.creation_stack = stacks->Add(raw.creation_stack);
  return order;
}

// Adds `count` goroutines like `like` that have waited for `wait_ns`, if that is known.
void AddEntry(const Goroutine& like, uint64_t count, std::optional<int64_t> wait_ns,
              Snapshot* snapshot) {
  if (count == 0) return;
  Goroutine& entry = snapshot->goroutines.emplace_back(like);
  entry.count = count;
  entry.wait_ns = wait_ns;
}

// A group becomes up to four entries: one that has waited for as long as the shortest, one as the
// longest, all others as the median, and those that do not wait. So whoever groups them again finds
// the same shortest, median and longest wait.
void AddGroup(const record::Group& raw, RecordStacks* stacks, Snapshot* snapshot) {
  Goroutine like;
  like.id = raw.count == 1 ? raw.lowest_id : 0;
  like.kind = raw.kind;
  like.state = raw.state;
  like.reason = record::ToString(raw.reason);
  like.stack = stacks->Add(raw.stack);
  like.creation_stack = stacks->Add(raw.creation_stack);
  like.stack_note = raw.stack_note;
  like.labels = raw.labels;
  like.locked_to_thread = raw.locked_to_thread;
  AddEntry(like, raw.count - raw.waiting, std::nullopt, snapshot);
  if (raw.wait_min_ns == raw.wait_max_ns) {
    AddEntry(like, raw.waiting, raw.wait_min_ns, snapshot);
  } else {
    AddEntry(like, 1, raw.wait_min_ns, snapshot);
    AddEntry(like, raw.waiting - 2, raw.wait_median_ns, snapshot);
    AddEntry(like, 1, raw.wait_max_ns, snapshot);
  }
}

}  // namespace

Snapshot FromRecord(const record::Snapshot& raw) {
  Snapshot snapshot;
  Convert(raw, &snapshot);
  RecordStacks stacks(&snapshot);
  snapshot.goroutines.reserve(raw.goroutines.size());
  for (const record::Goroutine& goroutine : raw.goroutines) {
    Convert(goroutine, raw.monotonic_ns, &stacks, nullptr, &snapshot.goroutines.emplace_back());
  }
  snapshot.resources.reserve(raw.objects.size());
  for (const record::Object& object : raw.objects) {
    snapshot.resources.push_back(Convert(object, raw.monotonic_ns, &stacks));
  }
  for (const record::LockOrder& order : raw.lock_orders) {
    snapshot.lock_orders.push_back(Convert(order, &stacks));
  }
  return snapshot;
}

Snapshot FromRecord(const record::GroupedSnapshot& raw) {
  Snapshot snapshot;
  Convert(raw, &snapshot);
  RecordStacks stacks(&snapshot);
  for (const record::Group& group : raw.groups) AddGroup(group, &stacks, &snapshot);
  return snapshot;
}

}  // namespace muster::inspector
