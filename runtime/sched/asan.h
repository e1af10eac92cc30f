// ASan's view of a stack switch. The twin asan_off.h does nothing.
#ifndef MUSTER_SCHED_ASAN_H_
#define MUSTER_SCHED_ASAN_H_

#if defined(MUSTER_ASAN)
#include "runtime/sched/asan_on.h"
#else
#include "runtime/sched/asan_off.h"
#endif

#endif  // MUSTER_SCHED_ASAN_H_
