// Origin: what the record says of who caused a goroutine. Taken at the call that a goroutine comes
// from: muster::Go itself, or time::AfterFunc, whose goroutine only a timer starts.
#ifndef MUSTER_SCHED_ORIGIN_H_
#define MUSTER_SCHED_ORIGIN_H_

#include <cstdint>

#include "muster/record.h"
#include "runtime/record/labels.h"

namespace muster::sched {

struct Bubble;
struct G;

class Origin {
 public:
  Origin() = default;
  // The caller's id, ancestors, labels, bubble and stack.
  static Origin OfCaller();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;
  Origin(Origin&& other) noexcept;
  Origin& operator=(Origin&& other) noexcept;
  ~Origin() { record::Unref(labels_); }

  // Writes it into a goroutine that is being made.
  void PutInto(G* g) const;
  // What OfCaller().PutInto(g) does, for a goroutine that the caller itself starts.
  static void PutCallersInto(G* g);

 private:
  uint64_t parent_id_ = 0;
  uint64_t ancestors_[record::kMaxAncestors] = {};
  uint8_t ancestor_count_ = 0;
  uint32_t creation_stack_ = 0;
  record::LabelSet* labels_ = nullptr;  // a reference
  Bubble* bubble_ = nullptr;
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_ORIGIN_H_
