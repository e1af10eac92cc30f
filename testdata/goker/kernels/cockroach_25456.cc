// A consistency check waits for a store to quiesce that nobody stops.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Stopper {
  Chan<Unit> quiesce = MakeChan<Unit>();
};

struct ConsistencyQueue {
  Stopper stopper;

  void Process(bool buggy) {
    if (buggy) {
      stopper.quiesce.Recv();
    } else {
      Select(OnRecv(stopper.quiesce), OnDefault());
    }
  }
};

KERNEL(cockroach_25456, "Channel", "PART GLOB LEAK") {
  auto queue = std::make_shared<ConsistencyQueue>();
  for (int i = 0; i < 2; ++i) queue->Process(buggy);
}

}  // namespace
}  // namespace goker
