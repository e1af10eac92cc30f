// Deleting a device lets go of the set in the middle and wants it back, device held.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct DeviceSet {
  Mutex mutex;
  Mutex device_mutex;

  void WaitClose() {
    mutex.Unlock();
    time::Sleep(absl::Nanoseconds(300));
    mutex.Lock();
  }
  void Delete(bool buggy) {
    if (buggy) {
      mutex.Lock();
      device_mutex.Lock();
    } else {
      device_mutex.Lock();
      mutex.Lock();
    }
    WaitClose();
    device_mutex.Unlock();
    mutex.Unlock();
  }
};

KERNEL(moby_4951, "AB-BA deadlock", "CYCLE PART LEAK") {
  auto devices = std::make_shared<DeviceSet>();
  for (int i = 0; i < 2; ++i) {
    Go([devices, buggy] { devices->Delete(buggy); });
  }
}

}  // namespace
}  // namespace goker
