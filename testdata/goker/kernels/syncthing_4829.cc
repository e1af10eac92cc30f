// A port mapping tells of its change under its own lock, and the news read it.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Mapping {
  RWMutex mutex;
  int addresses = 1;

  int Notify() {
    const std::shared_lock hold(mutex);
    return addresses;
  }
  void ClearAddresses(bool buggy) {
    mutex.Lock();
    const bool removed = addresses > 0;
    addresses = 0;
    if (!buggy) mutex.Unlock();
    if (removed) Notify();
    if (buggy) mutex.Unlock();
  }
};

struct NatService {
  Mutex mutex;
  Mapping mapping;

  void RemoveMapping(bool buggy) {
    const std::scoped_lock hold(mutex);
    mapping.ClearAddresses(buggy);
  }
};

KERNEL(syncthing_4829, "Double locking", "SELF GLOB PART LEAK") {
  auto service = std::make_shared<NatService>();
  service->RemoveMapping(buggy);
}

}  // namespace
}  // namespace goker
