// A log file that fails to write shuts the log down, which takes the lock that is held.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Logger {
  Mutex mutex;

  bool CreateFile() { return Draw(8) >= 6; }
  void Exit() {
    mutex.Lock();
    mutex.Unlock();
  }
  void Output(bool buggy) {
    mutex.Lock();
    if (!CreateFile()) {
      if (!buggy) mutex.Unlock();
      Exit();
      if (buggy) mutex.Unlock();
      return;
    }
    mutex.Unlock();
  }
};

KERNEL(cockroach_9935, "Double locking", "SELF PART LEAK") {
  auto logger = std::make_shared<Logger>();
  Go([logger, buggy] { logger->Output(buggy); });
}

}  // namespace
}  // namespace goker
