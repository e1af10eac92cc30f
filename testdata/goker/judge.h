// Judge: runs a kernel and says what the detectors see of it once nothing moves any more.
#ifndef TESTDATA_GOKER_JUDGE_H_
#define TESTDATA_GOKER_JUDGE_H_

#include "testdata/goker/kernel.h"

namespace goker {

// Judge starts the body as a goroutine, waits on the calling thread, which is no part of the
// program, until all that is left of it waits without being woken (or the time limit is over), and
// prints one line of JSON: whether the body returned, how many goroutines are left, the findings,
// and how many goroutines nothing can wake by what runtime::FindLeaks has proven.
void Judge(const Kernel& kernel, bool buggy);

}  // namespace goker

#endif  // TESTDATA_GOKER_JUDGE_H_
