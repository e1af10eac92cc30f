// A health monitor that is stopped during a probe leaves the probe without a reader.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

void Monitor(const Chan<Unit>& stop, bool buggy) {
  for (bool stopped = false; !stopped;) {
    Select(OnRecv(stop, [&] { stopped = true; }), OnRecv(time::After(absl::Nanoseconds(50)), [&] {
             auto results = MakeChan<int>();
             auto [ctx, cancel] =
                 context::WithTimeout(context::Background(), absl::Nanoseconds(50));
             Go([results] {
               results.Send(1);
               results.Close();
             });
             Select(OnRecv(stop,
                           [&] {
                             cancel();
                             if (!buggy) results.Recv();
                             stopped = true;
                           }),
                    OnRecv(results, [&] { cancel(); }), OnRecv(ctx.Done(), [&] {
                      cancel();
                      results.Recv();
                    }));
           }));
  }
}

KERNEL(moby_33781, "Channel & Context", "PART LEAK") {
  auto stop = MakeChan<Unit>();
  Go([stop, buggy] { Monitor(stop, buggy); });
  Go([stop] {
    time::Sleep(absl::Nanoseconds(50));
    stop.Send({});
  });
}

}  // namespace
}  // namespace goker
