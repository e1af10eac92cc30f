// A connection that was closed a moment ago is asked for its balancer, all under one lock.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct BalancerWrapper {
  Chan<int> states = MakeChan<int>(1);
};

struct ClientConn {
  Mutex mutex;
  std::unique_ptr<BalancerWrapper> balancer = std::make_unique<BalancerWrapper>();

  BalancerWrapper& Balancer() {
    if (balancer == nullptr) throw muster::Panic("nil pointer dereference: no balancer");
    return *balancer;
  }
  void HandleStateChange(bool buggy) {
    const std::scoped_lock hold(mutex);
    if (!buggy && balancer == nullptr) return;
    const Chan<int>& states = Balancer().states;
    Select(OnRecv(states), OnDefault());
    states.Send(1);
  }
  void Close() {
    const std::scoped_lock hold(mutex);
    balancer = nullptr;
  }
};

KERNEL(grpc_2371, "Misuse channel", "PANIC") {
  for (int i = 0; i < 10; ++i) {
    auto conn = std::make_shared<ClientConn>();
    Go([conn, buggy] { conn->HandleStateChange(buggy); });
    Go([conn] { conn->Close(); });
  }
}

}  // namespace
}  // namespace goker
