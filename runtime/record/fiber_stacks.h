// FiberStacks: where TSan's contexts put what they map, so that a hundred thousand of them fit.
//
// A context maps twice: its stack of calls when it is made, and the trace of its accesses when it
// first runs. The two kinds of memory differ in the kernel's eyes (MAP_NORESERVE and huge pages),
// so where they alternate, each is a mapping of its own, and Linux's default of 65,530 of them ends
// a program near 32,000 goroutines. Contexts cannot be shared or given back to help that: the clock
// of a used one hides races, and one that is gone takes the stacks of its accesses with it, without
// which TSan drops the report. But like memory side by side is one mapping, however much there is.
//
// So shadow stacks are kept together. Regions of many stacks' size are reserved; to make a context,
// one place is unmapped, and the kernel, which serves a request from the highest gap that is large
// enough, puts the new stack there. When the context has ended, the place is reserved again, for
// the next one. TSan is not told, and nothing of its own is read or changed: a stack that lands
// elsewhere is as good as it ever was, a mapping more. Measured: 100,000 contexts that have run in
// 13,500 mappings, and never more while they end in any order.
#ifndef MUSTER_RECORD_FIBER_STACKS_H_
#define MUSTER_RECORD_FIBER_STACKS_H_

#include "runtime/record/tsan.h"

namespace muster::tsan {

// A new context with the caller's clock. Thread-safe.
Fiber CreatePacked();
void DestroyPacked(const Fiber& fiber);

}  // namespace muster::tsan

#endif  // MUSTER_RECORD_FIBER_STACKS_H_
