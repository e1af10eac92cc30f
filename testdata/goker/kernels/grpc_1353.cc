// A balancer sends addresses under its lock to the one who takes that lock to bring them down.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

constexpr int kUpdates = 100;

struct RoundRobin {
  Mutex mutex;
  Chan<int> addresses;

  explicit RoundRobin(size_t buffer) : addresses(MakeChan<int>(buffer)) {}

  void WatchUpdates() {
    for (int update = 0; update < kUpdates; ++update) {
      const std::scoped_lock hold(mutex);
      addresses.Send(update);
    }
  }
  void Down() { const std::scoped_lock hold(mutex); }
};

struct Connection {
  Mutex mutex;

  void TearDown(RoundRobin& balancer) {
    const std::scoped_lock hold(mutex);
    balancer.Down();
  }
};

KERNEL(grpc_1353, "Channel & Lock", "MIX PART LEAK") {
  // The repair: a buffer that a notifier never finds full.
  auto balancer = std::make_shared<RoundRobin>(buggy ? 0 : kUpdates);
  auto sent = MakeChan<Unit>();
  Go([balancer, sent] {
    balancer->WatchUpdates();
    sent.Close();
  });
  Go([balancer] {
    Connection connections[2];
    for (int address : balancer->addresses) {
      static_cast<void>(address);
      for (Connection& connection : connections) connection.TearDown(*balancer);
    }
  });
  Go([balancer, sent] {
    sent.Recv();
    balancer->addresses.Close();
  });
}

}  // namespace
}  // namespace goker
