// A client syncs its endpoints under the write lock and asks through itself, which reads.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct HttpClusterClient {
  RWMutex mutex;
  int endpoints = 1;

  int Do() {
    const std::shared_lock hold(mutex);
    return endpoints;
  }
  int MembersList() { return Do(); }
  void SetEndpoints(int count) { endpoints = count; }
  void Sync(bool buggy) {
    if (buggy) {
      const std::scoped_lock hold(mutex);
      SetEndpoints(MembersList());
    } else {
      const int count = MembersList();
      const std::scoped_lock hold(mutex);
      SetEndpoints(count);
    }
  }
};

KERNEL(etcd_6708, "Double locking", "SELF GLOB PART LEAK") {
  auto client = std::make_shared<HttpClusterClient>();
  client->Sync(buggy);
}

}  // namespace
}  // namespace goker
