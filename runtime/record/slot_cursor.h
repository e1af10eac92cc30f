// SlotCursor: every slot of the arenas, a few ahead of need.
//
// A parked goroutine's control block and stack lie on a page of their own, in memory that nobody
// has touched for long: each would be a miss of every cache, and of the one for addresses as well.
// Slots are at computable addresses, so the cursor has the control block fetched while the
// goroutines before it are looked at, and the stack a little later, when the control block says
// where it ends.
#ifndef MUSTER_RECORD_SLOT_CURSOR_H_
#define MUSTER_RECORD_SLOT_CURSOR_H_

#include <cstddef>
#include <cstdint>

#include "runtime/sched/g.h"

namespace muster::record {

class SlotCursor {
 public:
  SlotCursor();

  // The next slot's control block, be it in use or not; nullptr at the end.
  sched::G* Next();

 private:
  static constexpr size_t kAhead = 16;
  static constexpr size_t kStackAhead = 8;
  static_assert(kAhead % kStackAhead == 0);

  sched::G* Fetch();

  sched::G* ring_[kAhead] = {};
  size_t at_ = 0;
  uint32_t arena_ = 0;
  uint32_t slot_ = 0;
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_SLOT_CURSOR_H_
