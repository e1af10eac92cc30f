#include "runtime/sched/origin.h"

#include <utility>

#include "runtime/record/creation.h"
#include "runtime/sched/g.h"
#include "runtime/sched/thread.h"

namespace muster::sched {

Origin Origin::OfCaller() {
  Origin origin;
  G* parent = Self();
  if (parent->kind == record::Kind::kGoroutine && !parent->is_g0) {
    origin.parent_id_ = parent->id;
    origin.ancestors_[origin.ancestor_count_++] = parent->id;
    for (int i = 0; i < parent->ancestor_count && origin.ancestor_count_ < record::kMaxAncestors;
         ++i) {
      origin.ancestors_[origin.ancestor_count_++] = parent->ancestors[i];
    }
  }
  if (parent->kind == record::Kind::kThread) {
    // A capture may read a foreign thread's labels meanwhile; no other thread changes them.
    LockGuard guard(ThreadListLock());
    origin.labels_ = record::Ref(parent->labels);
  } else {
    origin.labels_ = record::Ref(parent->labels);
  }
  origin.creation_stack_ = record::CaptureCreationStack();
  return origin;
}

Origin::Origin(Origin&& other) noexcept { *this = std::move(other); }

Origin& Origin::operator=(Origin&& other) noexcept {
  parent_id_ = other.parent_id_;
  ancestor_count_ = other.ancestor_count_;
  for (int i = 0; i < ancestor_count_; ++i) ancestors_[i] = other.ancestors_[i];
  creation_stack_ = other.creation_stack_;
  std::swap(labels_, other.labels_);
  return *this;
}

void Origin::PutInto(G* g) const {
  g->parent_id = parent_id_;
  // A loop, not std::copy_n: control blocks are used again by other goroutines, and TSan would see
  // a call of memmove.
  for (int i = 0; i < ancestor_count_; ++i) g->ancestors[i] = ancestors_[i];
  g->ancestor_count = ancestor_count_;
  g->creation_stack = creation_stack_;
  g->labels = record::Ref(labels_);
}

}  // namespace muster::sched
