// A node that stops never answers the status request that came a moment too late.
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

using Reply = Chan<int>;

struct Node {
  Chan<Reply> status = MakeChan<Reply>();
  Chan<Unit> stop = MakeChan<Unit>();
  Chan<Unit> done = MakeChan<Unit>();

  void Run() {
    for (bool stopped = false; !stopped;) {
      Select(OnRecv(status, [](std::optional<Reply> reply) { reply->Send(1); }),
             OnRecv(stop, [&] { stopped = true; }));
    }
    done.Close();
  }
  void Status(bool buggy) {
    auto reply = MakeChan<int>();
    if (buggy) {
      status.Send(reply);
    } else if (Select(OnSend(status, reply), OnRecv(done)) == 1) {
      return;
    }
    reply.Recv();
  }
  void Stop() {
    if (Select(OnSend(stop, Unit()), OnRecv(done)) == 1) return;
    done.Recv();
  }
};

KERNEL(etcd_6857, "Channel", "PART LEAK") {
  auto node = std::make_shared<Node>();
  Go([node] { node->Run(); });
  Go([node, buggy] { node->Status(buggy); });
  Go([node] { node->Stop(); });
}

}  // namespace
}  // namespace goker
