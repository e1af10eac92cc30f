// Tally: how often something happened, and how long it took, by calling stack.
//
// A cell for each stack of the stack table, so that counting neither locks nor allocates, but for a
// stack that is seen for the first time. What finds the table full is counted in the cell of id 0,
// which stands for no stack. Memory that no stack has been counted in is never touched.
//
// All accesses are relaxed: cells are sums, and readers take each as it is.
#ifndef MUSTER_RECORD_TALLY_H_
#define MUSTER_RECORD_TALLY_H_

#include <atomic>
#include <cstdint>

#include "muster/record.h"
#include "runtime/stack/stack_table.h"

namespace muster::record {

// Constant-initialised; of static storage only.
class Tally {
 public:
  constexpr Tally() = default;
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  // `count` is no whole number where events are sampled.
  void Add(uint32_t stack_id, double count, int64_t ns) {
    Cell& cell = cells_[stack_id];
    cell.count.fetch_add(count, std::memory_order_relaxed);
    cell.ns.fetch_add(ns, std::memory_order_relaxed);
  }

  // The cells in which anything was counted, by id.
  void Read(StackProfile* profile) const;

 private:
  struct Cell {
    std::atomic<double> count{0};
    std::atomic<int64_t> ns{0};
  };
  Cell cells_[stack::kStackIds];
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_TALLY_H_
