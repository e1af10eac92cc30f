// A proxy agent leaves when it has nothing active; the proxy started meanwhile reports to nobody.
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Agent {
  Mutex mutex;
  std::map<int, bool> active;
  int epoch = 0;
  Chan<int> status;

  explicit Agent(size_t buffer) : status(MakeChan<int>(buffer)) {}

  void Run(const context::Context& ctx) {
    for (bool ended = false; !ended;) {
      Select(OnRecv(status,
                    [&](std::optional<int> exited) {
                      const std::scoped_lock hold(mutex);
                      active.erase(*exited);
                      ended = active.empty();
                    }),
             OnRecv(ctx.Done(), [&] { ended = true; }));
    }
  }
};

void WaitUntilLive() {
  time::Ticker poll = time::NewTicker(absl::Nanoseconds(30));
  auto timeout = time::After(absl::Nanoseconds(100));
  while (Select(OnRecv(timeout), OnRecv(poll.C())) != 0) {
  }
  poll.Stop();
}

void Restart(const std::shared_ptr<Agent>& agent) {
  const std::scoped_lock hold(agent->mutex);
  if (!agent->active.empty()) WaitUntilLive();
  const int epoch = ++agent->epoch;
  agent->active[epoch] = true;
  Go([agent, epoch] { agent->status.Send(epoch); });
}

KERNEL(istio_17860, "Channel", "PART LEAK") {
  auto agent = std::make_shared<Agent>(buggy ? 0 : 2);
  auto [ctx, cancel] = context::WithCancel(context::Background());
  Go([agent, ctx] { agent->Run(ctx); });
  Restart(agent);
  Go([agent] { Restart(agent); });
  time::Sleep(absl::Nanoseconds(200));
  cancel();
}

}  // namespace
}  // namespace goker
