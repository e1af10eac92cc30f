// A proxy connection is published in a table, and its labels are read outside of the lock.
#include <map>
#include <memory>
#include <shared_mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct XdsConnection {
  int labels = 1;
};

struct DiscoveryServer {
  RWMutex mutex;
  std::map<int, std::shared_ptr<XdsConnection>> clients;

  void AddConnection(bool buggy) {
    auto connection = std::make_shared<XdsConnection>();
    mutex.Lock();
    clients[1] = connection;
    mutex.Unlock();
    runtime::Gosched();
    if (!buggy) mutex.Lock();
    volatile int seen = connection->labels;
    static_cast<void>(seen);
    if (!buggy) mutex.Unlock();
  }
  void ClearLabels() {
    const std::shared_lock hold(mutex);
    for (const auto& [id, connection] : clients) connection->labels = 0;
  }
};

KERNEL(istio_16742, "Data race", "RACE") {
  auto server = std::make_shared<DiscoveryServer>();
  auto group = std::make_shared<WaitGroup>();
  group->Go([server, buggy] { server->AddConnection(buggy); });
  group->Go([server] { server->ClearLabels(); });
  group->Wait();
}

}  // namespace
}  // namespace goker
