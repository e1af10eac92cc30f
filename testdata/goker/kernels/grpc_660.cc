// A benchmark loop starts a worker per request and leaves the last without anyone to tell.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

void DoUnaryCalls(const Chan<Unit>& stop, bool buggy) {
  for (bool stopped = false; !stopped;) {
    auto done = MakeChan<Unit>(buggy ? 0 : 1);
    Go([done] { done.Send({}); });
    Select(OnRecv(stop, [&] { stopped = true; }), OnRecv(done));
  }
}

KERNEL(grpc_660, "Channel", "PART LEAK") {
  auto stop = MakeChan<Unit>();
  Go([stop, buggy] { DoUnaryCalls(stop, buggy); });
  Go([stop] { stop.Send({}); });
}

}  // namespace
}  // namespace goker
