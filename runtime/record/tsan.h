// TSan's view of goroutines: each is a fiber of its own, and the only edges are those that a
// primitive states here. The twin tsan_off.h is the same interface doing nothing.
#ifndef MUSTER_RECORD_TSAN_H_
#define MUSTER_RECORD_TSAN_H_

#if defined(MUSTER_TSAN)
#include "runtime/record/tsan_on.h"
#else
#include "runtime/record/tsan_off.h"
#endif

#endif  // MUSTER_RECORD_TSAN_H_
