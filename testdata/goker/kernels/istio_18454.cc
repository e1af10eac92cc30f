// A debouncing worker waits for a timer tick that it has consumed already.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

constexpr int kEvents = 1024;

struct Worker {
  Mutex mutex;
  bool has_timer = false;
  Chan<int> events = MakeChan<int>(kEvents);
  Chan<Unit> reset = MakeChan<Unit>(1);
};

void Debounce(const std::shared_ptr<Worker>& worker, const context::Context& ctx, time::Timer timer,
              bool buggy) {
  for (bool done = false; !done;) {
    Select(OnRecv(timer.C()),
           OnRecv(worker->reset,
                  [&] {
                    if (!timer.Stop()) {
                      if (buggy) {
                        timer.C().Recv();
                      } else {
                        Select(OnRecv(timer.C()), OnDefault());
                      }
                    }
                    timer.Reset(absl::Nanoseconds(1));
                  }),
           OnRecv(ctx.Done(), [&] {
             timer.Stop();
             done = true;
           }));
  }
}

void OnChange(const std::shared_ptr<Worker>& worker, const context::Context& ctx, bool buggy) {
  worker->mutex.Lock();
  if (worker->has_timer) {
    worker->mutex.Unlock();
    if (buggy) {
      worker->reset.Send({});
    } else {
      Select(OnSend(worker->reset, Unit()), OnRecv(ctx.Done()));
    }
    return;
  }
  worker->has_timer = true;
  Go([worker, ctx, timer = time::NewTimer(absl::Nanoseconds(1)), buggy] {
    Debounce(worker, ctx, timer, buggy);
  });
  worker->mutex.Unlock();
}

KERNEL(istio_18454, "Channel & Context", "PART LEAK") {
  auto worker = std::make_shared<Worker>();
  auto [ctx, cancel] = context::WithCancel(context::Background());
  for (int event = 0; event < kEvents; ++event) worker->events.Send(event);
  Go([worker, ctx, buggy] {
    for (bool done = false; !done;) {
      Select(OnRecv(ctx.Done(), [&] { done = true; }),
             OnRecv(worker->events, [&] { OnChange(worker, ctx, buggy); }));
    }
  });
  time::Sleep(absl::Milliseconds(2));
  cancel();
}

}  // namespace
}  // namespace goker
