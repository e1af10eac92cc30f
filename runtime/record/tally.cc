#include "runtime/record/tally.h"

#include <cmath>

namespace muster::record {

void Tally::Read(StackProfile* profile) const {
  for (uint32_t id = 0; id < stack::kStackIds; ++id) {
    const double count = cells_[id].count.load(std::memory_order_relaxed);
    const int64_t ns = cells_[id].ns.load(std::memory_order_relaxed);
    if (count == 0) continue;
    profile->entries.push_back({stack::Lookup(id), std::llround(count), ns});
  }
}

}  // namespace muster::record
