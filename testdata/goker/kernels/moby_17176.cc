// Nothing to delete: the device set returns early and stays locked.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct DeviceSet {
  Mutex mutex;
  int deleted_devices = 0;

  void CleanupDeleted(bool buggy) {
    mutex.Lock();
    if (deleted_devices == 0) {
      if (!buggy) mutex.Unlock();
      return;
    }
    mutex.Unlock();
  }
};

KERNEL(moby_17176, "Double locking", "ORPHAN PART LEAK") {
  auto devices = std::make_shared<DeviceSet>();
  devices->CleanupDeleted(buggy);
  // The buffer is no part of the bug: without it the repaired program leaks when the timer wins.
  auto done = MakeChan<Unit>(1);
  Go([devices, done] {
    devices->mutex.Lock();
    devices->mutex.Unlock();
    done.Send({});
  });
  Select(OnRecv(time::After(absl::Milliseconds(1))), OnRecv(done));
}

}  // namespace
}  // namespace goker
