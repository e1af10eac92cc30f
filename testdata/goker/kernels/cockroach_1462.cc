// Stopping takes the receiver of events away from under the one who raises them.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Stopper {
  Chan<Unit> stopping = MakeChan<Unit>();
  WaitGroup workers;
};

void RaiseEvents(Stopper& stopper, const Chan<int>& events, bool buggy) {
  for (bool stopped = false; !stopped;) {
    if (buggy) {
      Select(OnRecv(stopper.stopping, [&] { stopped = true; }), OnDefault([&] { events.Send(1); }));
    } else {
      Select(OnRecv(stopper.stopping, [&] { stopped = true; }), OnSend(events, 1));
    }
  }
}

void HandleEvents(Stopper& stopper, const Chan<int>& events) {
  while (Select(OnRecv(events), OnRecv(stopper.stopping)) == 0) {
  }
}

KERNEL(cockroach_1462, "Channel & WaitGroup", "PART GLOB LEAK") {
  auto stopper = std::make_shared<Stopper>();
  auto events = MakeChan<int>();
  stopper->workers.Go([stopper, events, buggy] { RaiseEvents(*stopper, events, buggy); });
  stopper->workers.Go([stopper, events] { HandleEvents(*stopper, events); });
  time::Sleep(absl::Microseconds(50));
  stopper->stopping.Close();
  stopper->workers.Wait();
}

}  // namespace
}  // namespace goker
