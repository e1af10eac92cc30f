// An error is sent on a channel by the function that was going to return it.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

Chan<int> Wait(bool buggy) {
  auto errors = MakeChan<int>(buggy ? 0 : 1);
  if (Draw(2) == 0) errors.Send(1);
  return errors;
}

KERNEL(moby_33293, "Channel", "PART LEAK") {
  Go([buggy] { Wait(buggy); });
}

}  // namespace
}  // namespace goker
