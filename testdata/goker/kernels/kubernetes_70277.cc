// A wait that is satisfied does not tell its poller; the caller waits for what ends with that.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

// How long the poller goes on by itself; far longer than anything else here.
constexpr absl::Duration kPollFor = absl::Milliseconds(200);

Chan<Unit> StartPoller(const Chan<Unit>& done) {
  auto ticks = MakeChan<Unit>();
  Go([ticks, done] {
    time::Ticker ticker = time::NewTicker(absl::Milliseconds(1));
    auto timeout = time::After(kPollFor);
    for (bool ended = false; !ended;) {
      Select(OnRecv(ticker.C(), [&] { Select(OnSend(ticks, Unit()), OnDefault()); }),
             OnRecv(timeout, [&] { ended = true; }), OnRecv(done, [&] { ended = true; }));
    }
    ticker.Stop();
    ticks.Close();
  });
  return ticks;
}

void WaitFor(const Chan<Unit>& done, bool buggy) {
  auto ticks = StartPoller(done);
  ticks.Recv();  // the condition holds at the first tick
  if (!buggy) done.Close();
}

KERNEL(kubernetes_70277, "Channel", "GLOB PART LEAK LIVE") {
  auto done = MakeChan<Unit>();
  WaitFor(done, buggy);
  done.Recv();
}

}  // namespace
}  // namespace goker
