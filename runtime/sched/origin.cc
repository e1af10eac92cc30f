#include "runtime/sched/origin.h"

#include <algorithm>
#include <utility>

#include "runtime/record/creation.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/g.h"
#include "runtime/sched/thread.h"

namespace muster::sched {

namespace {

// A loop, not std::copy_n: control blocks are used again by other goroutines, and TSan would see a
// call of memmove.
void CopyIds(const uint64_t* from, int count, uint64_t* to) {
  for (int i = 0; i < count; ++i) to[i] = from[i];
}

// Of a goroutine that `parent` starts: its parent, and its ancestors from there upwards.
uint8_t Descend(const G* parent, uint64_t* parent_id, uint64_t* ancestors) {
  *parent_id = 0;
  if (parent->kind != record::Kind::kGoroutine || parent->is_g0) return 0;
  *parent_id = ancestors[0] = parent->id;
  const int more = std::min<int>(parent->ancestor_count, record::kMaxAncestors - 1);
  CopyIds(parent->ancestors, more, ancestors + 1);
  return static_cast<uint8_t>(more + 1);
}

record::LabelSet* RefLabelsOf(G* parent) {
  if (parent->kind != record::Kind::kThread) return record::Ref(parent->labels);
  // A capture may read a foreign thread's labels meanwhile; no other thread changes them.
  LockGuard guard(ThreadListLock());
  return record::Ref(parent->labels);
}

}  // namespace

Origin Origin::OfCaller() {
  Origin origin;
  G* const parent = Self();
  origin.ancestor_count_ = Descend(parent, &origin.parent_id_, origin.ancestors_);
  origin.labels_ = RefLabelsOf(parent);
  origin.bubble_ = parent->bubble;
  origin.creation_stack_ = record::CaptureStack();
  return origin;
}

void Origin::PutCallersInto(G* g) {
  G* const parent = Self();
  g->ancestor_count = Descend(parent, &g->parent_id, g->ancestors);
  g->labels = RefLabelsOf(parent);
  g->creation_stack = record::CaptureStack();
  if (__builtin_expect(parent->bubble != nullptr, 0)) JoinBubble(g, parent->bubble);
}

Origin::Origin(Origin&& other) noexcept { *this = std::move(other); }

Origin& Origin::operator=(Origin&& other) noexcept {
  parent_id_ = other.parent_id_;
  ancestor_count_ = other.ancestor_count_;
  CopyIds(other.ancestors_, ancestor_count_, ancestors_);
  creation_stack_ = other.creation_stack_;
  std::swap(labels_, other.labels_);
  bubble_ = other.bubble_;
  return *this;
}

void Origin::PutInto(G* g) const {
  g->parent_id = parent_id_;
  CopyIds(ancestors_, ancestor_count_, g->ancestors);
  g->ancestor_count = ancestor_count_;
  g->creation_stack = creation_stack_;
  g->labels = record::Ref(labels_);
  if (bubble_ != nullptr) JoinBubble(g, bubble_);
}

}  // namespace muster::sched
