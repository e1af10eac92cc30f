// A raft node is stopped through channels that its own loop may not have made yet.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Node {
  Chan<Unit> stopped;
  Chan<Unit> done;

  void MakeChannels() {
    stopped = MakeChan<Unit>();
    done = MakeChan<Unit>();
  }
  void Run(bool buggy) {
    if (buggy) MakeChannels();
    stopped.Recv();
    done.Close();
  }
};

KERNEL(etcd_3077, "Misuse channel", "RACE LEAK") {
  auto stop = MakeChan<Unit>();
  auto done = MakeChan<Unit>();
  Go([stop, done, buggy] {
    auto node = std::make_shared<Node>();
    if (!buggy) node->MakeChannels();
    Go([node, buggy] { node->Run(buggy); });
    time::Sleep(absl::Milliseconds(1));
    stop.Recv();
    node->stopped.Send({});
    node->done.Recv();
    done.Close();
  });
  stop.Close();
  done.Recv();
}

}  // namespace
}  // namespace goker
