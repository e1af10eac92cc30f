// A handler reports under the lock that the test holds for a moment before it listens.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Monitor {
  Mutex mutex;
  Chan<int> events = MakeChan<int>();
  Chan<Unit> done = MakeChan<Unit>();
  Chan<Unit> stop = MakeChan<Unit>();

  void Handle(bool buggy) {
    mutex.Lock();
    if (!buggy) mutex.Unlock();
    done.Send({});
    if (buggy) mutex.Unlock();
  }
  void Run(bool buggy) {
    for (bool stopped = false; !stopped;) {
      Select(OnRecv(stop,
                    [&] {
                      if (buggy) events.Recv();
                      stopped = true;
                    }),
             OnRecv(events, [&] { Handle(buggy); }));
    }
  }
};

KERNEL(istio_16224, "Channel & Lock", "MIX PART GLOB LEAK") {
  auto monitor = std::make_shared<Monitor>();
  Go([monitor, buggy] { monitor->Run(buggy); });
  monitor->events.Send(1);
  monitor->mutex.Lock();
  monitor->mutex.Unlock();
  monitor->done.Recv();
  monitor->stop.Close();
}

}  // namespace
}  // namespace goker
