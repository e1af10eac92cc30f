// Stopping a server a second time starts from a lock that the first time left held.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Server {
  Mutex mutex;
  bool drain = false;

  void Serve() {
    mutex.Lock();
    mutex.Unlock();
  }
  void GracefulStop(bool buggy) {
    mutex.Lock();
    if (!drain) {
      drain = true;
      if (!buggy) mutex.Unlock();
      return;
    }
    mutex.Unlock();
  }
};

KERNEL(grpc_795, "Double locking", "SELF GLOB PART LEAK") {
  auto server = std::make_shared<Server>();
  Go([server] { server->Serve(); });
  for (int i = 0; i < 3; ++i) server->GracefulStop(buggy);
}

}  // namespace
}  // namespace goker
