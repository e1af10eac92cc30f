// A stats channel is closed by the one who receives, while the sender is parked.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

KERNEL(serving_5865, "Misuse channel", "PANIC RACE") {
  auto stats = MakeChan<int>();
  auto done = MakeChan<Unit>();
  Go([stats, done, buggy] {
    if (buggy) {
      stats.Close();
    } else {
      done.Close();
    }
  });
  if (buggy) {
    stats.Send(1);
  } else {
    Select(OnSend(stats, 1), OnRecv(done));
  }
}

}  // namespace
}  // namespace goker
