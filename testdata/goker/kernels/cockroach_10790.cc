// Cleaning up after a cancelled request drains channels whose senders left for the same reason.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Replica {
  Chan<Unit> commands[2] = {MakeChan<Unit>(), MakeChan<Unit>()};
};

void Apply(const std::shared_ptr<Replica>& replica, const context::Context& ctx) {
  for (const Chan<Unit>& command : replica->commands) {
    if (Select(OnSend(command, Unit()), OnRecv(ctx.Done())) == 1) return;
  }
}

void Drain(const std::shared_ptr<Replica>& replica, const Chan<Unit>& stopper, bool buggy) {
  for (const Chan<Unit>& command : replica->commands) {
    if (buggy) {
      command.Recv();
    } else if (Select(OnRecv(command), OnRecv(stopper)) == 1) {
      return;
    }
  }
}

KERNEL(cockroach_10790, "Channel & Context", "PART LEAK") {
  auto replica = std::make_shared<Replica>();
  auto stopper = MakeChan<Unit>();
  auto [ctx, cancel] = context::WithCancel(context::Background());
  Go([replica, ctx] { Apply(replica, ctx); });
  Go([replica, ctx, stopper, buggy] {
    for (const Chan<Unit>& command : replica->commands) {
      Select(OnRecv(command), OnRecv(ctx.Done(), [&] {
               Go([replica, stopper, buggy] { Drain(replica, stopper, buggy); });
             }));
    }
  });
  Go([cancel] { cancel(); });
  stopper.Close();
}

}  // namespace
}  // namespace goker
