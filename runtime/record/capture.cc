// Capture: the whole roll call as one value.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "muster/record.h"
#include "runtime/record/converter.h"
#include "runtime/record/lock_order.h"
#include "runtime/record/roll_call.h"
#include "runtime/record/tsan.h"

namespace muster::record {
namespace {

// Puts the goroutines into the order of their ids. They are large and nearly in order, so only
// those out of place are moved.
void SortById(std::vector<Goroutine>* goroutines) {
  std::vector<std::pair<uint64_t, size_t>> order;
  order.reserve(goroutines->size());
  for (const Goroutine& g : *goroutines) order.emplace_back(g.id, order.size());
  std::sort(order.begin(), order.end());
  // Follow each cycle of the permutation once; order[i].second becomes i where it is done.
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i].second == i) continue;
    Goroutine first = std::move((*goroutines)[i]);
    size_t to = i;
    for (size_t from = order[to].second; from != i; from = order[to].second) {
      (*goroutines)[to] = std::move((*goroutines)[from]);
      order[to].second = to;
      to = from;
    }
    (*goroutines)[to] = std::move(first);
    order[to].second = to;
  }
}

// A select that waits holds one reference of each of its channels, which is no handle that anybody
// could use, and so does a wait that a channel may end (chan/close_watch.h). Plain sends and
// receives hold none.
void LeaveOutSelects(const std::vector<Goroutine>& goroutines, ObjectTable* objects) {
  for (const Goroutine& g : goroutines) {
    if (g.reason != WaitReason::kSelect && g.reason != WaitReason::kSemaphoreAcquire) continue;
    for (auto wait = g.waits.begin(); wait != g.waits.end(); ++wait) {
      const auto same = [wait](const Wait& other) { return other.object == wait->object; };
      if (std::any_of(g.waits.begin(), wait, same)) continue;
      Object* object = objects->Find(wait->object);
      if (object != nullptr && object->references > 0) --object->references;
    }
  }
}

}  // namespace

Snapshot Capture(const CaptureOptions& options) {
  const tsan::IgnoreScope ignore;
  RollCall call(
      {.stacks = options.stacks, .include_system = options.include_system, .objects = true});
  Snapshot snapshot;
  // Growing step by step would move a million goroutines twenty times.
  snapshot.goroutines.reserve(call.summary().live + 8);
  Converter converter(call);
  while (const Sighting* seen = call.Next()) {
    converter.Convert(*seen, &snapshot.goroutines.emplace_back());
  }
  // Threads have the highest ids.
  SortById(&snapshot.goroutines);
  LeaveOutSelects(snapshot.goroutines, &call.objects());
  snapshot.objects = call.objects().Sorted();
  static_cast<Summary&>(snapshot) = call.summary();
  snapshot.lock_orders = LockOrders();
  if (const uint64_t left_out = LockOrdersLeftOut(); left_out != 0) {
    snapshot.notes.push_back(
        absl::StrCat("lock orders: no room for all; ", left_out, " were not recorded"));
  }
  return snapshot;
}

}  // namespace muster::record
