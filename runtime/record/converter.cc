#include "runtime/record/converter.h"

#include <algorithm>
#include <span>

#include "runtime/stack/stack_table.h"

namespace muster::record {

const Stack& Converter::StackOf(uint32_t id) {
  if (id >= stacks_.size()) stacks_.resize(id + 1);
  Stack& stack = stacks_[id];
  if (stack.empty()) {
    const std::span<const uint64_t> pcs = call_.stacks().Get(id);
    stack = Stack(pcs.data(), pcs.size());
  }
  return stack;
}

const Stack& Converter::CreationStackOf(uint32_t id) {
  if (id != last_creation_stack_.first) {
    const auto [at, fresh] = creation_stacks_.try_emplace(id);
    if (fresh) at->second = stack::Lookup(id);
    last_creation_stack_ = {id, at->second};
  }
  return last_creation_stack_.second;
}

const Converter::LabelList& Converter::LabelsOf(uint32_t id) {
  if (id >= labels_.size()) labels_.resize(id + 1);
  LabelList& labels = labels_[id];
  if (labels.empty()) labels = call_.labels().Get(id);
  return labels;
}

const SharedList<uint64_t>& Converter::AncestorsOf(const Raw& raw) {
  if (!std::equal(last_ancestors_.begin(), last_ancestors_.end(), raw.ancestors,
                  raw.ancestors + raw.ancestor_count)) {
    last_ancestors_ = {raw.ancestors, static_cast<size_t>(raw.ancestor_count)};
  }
  return last_ancestors_;
}

SharedList<Wait> Converter::WaitsOf(const std::vector<Wait>& waits) {
  if (waits.size() != 1) return waits;
  const uint64_t hash = waits[0].object * 0x9e3779b97f4a7c15ULL;
  SharedList<Wait>& known = known_waits_[hash >> 58];
  static_assert(kKnownWaits == uint64_t{1} << (64 - 58));
  if (known.empty() || !(known[0] == waits[0])) known = waits;
  return known;
}

void Converter::Convert(const Sighting& seen, Goroutine* out) {
  const Raw& raw = seen.raw;
  out->id = raw.id;
  out->parent_id = raw.parent_id;
  out->ancestors = AncestorsOf(raw);
  out->kind = raw.kind;
  out->state = raw.state;
  out->reason = raw.wait.reason;
  out->held_overflowed = raw.held_overflowed;
  out->locked_to_thread = raw.locked_to_thread;
  out->bubble = raw.bubble;
  out->durable = raw.bubble != 0 && raw.state == State::kWaiting && raw.wait.durable;
  out->waits = WaitsOf(seen.waits);
  out->wait_since_ns = raw.wait_since_ns;
  out->started_ns = raw.started_ns;
  out->running_since_ns = raw.running_since_ns;
  out->creation_stack_id = raw.creation_stack;
  out->tid = raw.tid;
  out->creation_stack = CreationStackOf(call_.options().stacks ? raw.creation_stack : 0);
  out->stack = StackOf(seen.stack);
  out->stack_note = seen.note;
  out->labels = LabelsOf(seen.labels);
  Held held[sched::kMaxHeldReads];
  size_t count = 0;
  for (const sched::HeldRead& read : raw.held) {
    if (read.lock == nullptr) continue;
    held[count++] = {reinterpret_cast<uint64_t>(read.lock), ObjectKind::kRWMutex, Direction::kRead,
                     reinterpret_cast<uint64_t>(read.pc)};
  }
  out->held = {held, count};
}

}  // namespace muster::record
