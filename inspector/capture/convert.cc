#include "inspector/capture/convert.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace muster::inspector {
namespace {

int64_t Elapsed(int64_t now_ns, int64_t since_ns) {
  // A goroutine may begin to wait after the snapshot's time was read.
  return std::max<int64_t>(0, now_ns - since_ns);
}

}  // namespace

void Convert(const record::Summary& raw, Snapshot* snapshot) {
  snapshot->source = absl::StrCat("pid ", raw.pid);
  snapshot->format = "live";
  snapshot->taken_unix_ns = raw.realtime_ns;
  snapshot->pid = raw.pid;
  snapshot->procs = raw.procs;
  snapshot->live = raw.live;
  snapshot->captured = raw.captured;
  snapshot->longest_hold_ns = raw.longest_hold_ns;
  snapshot->notes = raw.notes;
}

void Convert(const record::Goroutine& raw, int64_t now_ns, RecordStacks* stacks,
             Symbolizer* symbolizer, Goroutine* goroutine) {
  goroutine->id = raw.id;
  goroutine->parent_id = raw.parent_id;
  goroutine->ancestors.assign(raw.ancestors.begin(), raw.ancestors.end());
  goroutine->kind = raw.kind;
  goroutine->state = raw.state;
  goroutine->reason = record::ToString(raw.reason);
  goroutine->waits.clear();
  for (const record::Wait& wait : raw.waits) {
    goroutine->waits.push_back({wait.object, wait.kind, wait.direction});
  }
  goroutine->wait_ns.reset();
  if (raw.wait_since_ns != 0) goroutine->wait_ns = Elapsed(now_ns, raw.wait_since_ns);
  goroutine->running_ns.reset();
  if (raw.running_since_ns != 0) goroutine->running_ns = Elapsed(now_ns, raw.running_since_ns);
  goroutine->age_ns = raw.started_ns == 0 ? 0 : Elapsed(now_ns, raw.started_ns);
  goroutine->stack = stacks->Add(raw.stack, symbolizer);
  goroutine->creation_stack = stacks->Add(raw.creation_stack, symbolizer);
  goroutine->stack_note = raw.stack_note;
  goroutine->labels.assign(raw.labels.begin(), raw.labels.end());
  goroutine->held.clear();
  for (const record::Held& held : raw.held) {
    goroutine->held.push_back(
        {held.object, held.kind, held.direction, stacks->AddPlace(held.acquired_at)});
  }
  goroutine->held_overflowed = raw.held_overflowed;
  goroutine->locked_to_thread = raw.locked_to_thread;
  goroutine->status_flags = raw.durable ? "(durable)" : "";
  if (raw.bubble != 0) {
    if (raw.durable) goroutine->status_flags += ", ";
    goroutine->status_flags += "synctest bubble " + std::to_string(raw.bubble);
  }
  goroutine->tid = raw.tid;
}

}  // namespace muster::inspector
