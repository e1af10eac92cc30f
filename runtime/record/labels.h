// Labels: pprof's key-value pairs, inherited from creator to goroutine. A LabelSet is immutable and
// counted, so that inheriting is one increment.
#ifndef MUSTER_RECORD_LABELS_H_
#define MUSTER_RECORD_LABELS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/record/tsan.h"

namespace muster::record {

struct LabelSet {
  std::atomic<int64_t> references{1};
  std::vector<std::pair<std::string, std::string>> pairs;  // by key
};

// Ref is async-signal-safe: a capture takes a running goroutine's labels inside its signal handler.
inline LabelSet* Ref(LabelSet* set) {
  if (set != nullptr) set->references.fetch_add(1, std::memory_order_relaxed);
  return set;
}

// Unref frees the set with its last reference. acq_rel: the one that frees sees all others' reads
// done.
inline void Unref(LabelSet* set) {
  if (set != nullptr && set->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const tsan::IgnoreScope ignore;
    delete set;
  }
}

// Replaces the caller's labels, a goroutine's or a foreign thread's. `pairs` are sorted by key.
void SetOwnLabels(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace muster::record

#endif  // MUSTER_RECORD_LABELS_H_
