// A balancer tells of its pinned address under its lock; the one who listens takes that lock.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Balancer {
  Mutex mutex;
  Chan<std::vector<int>> notify;
  Chan<Unit> closed_channel = MakeChan<Unit>();
  bool closed = false;
  int pinned = 0;  // 0: none; an address may be 0 too

  explicit Balancer(size_t buffer) : notify(MakeChan<std::vector<int>>(buffer)) {
    notify.Send({0, 1, 2});
  }

  void Up(int address) {
    const std::scoped_lock hold(mutex);
    if (closed || pinned != 0) return;
    pinned = address;
    notify.Send({address});
  }
  void Down(int address) {
    const std::scoped_lock hold(mutex);
    if (closed || pinned != address) return;
    pinned = 0;
    notify.Send({0, 1, 2});
  }
  void Close() {
    const std::scoped_lock hold(mutex);
    if (closed) return;
    closed = true;
    notify.Close();
    closed_channel.Close();
  }
};

struct AddressConn {
  Mutex mutex;
  int address = 0;

  void ResetTransport(Balancer& balancer) {
    const std::scoped_lock hold(mutex);
    balancer.Up(address);
  }
  void TearDown(Balancer& balancer) {
    const std::scoped_lock hold(mutex);
    balancer.Down(address);
  }
};

struct ClientConn {
  Mutex mutex;
  std::map<int, std::shared_ptr<AddressConn>> connections;
  Balancer balancer;

  explicit ClientConn(size_t buffer) : balancer(buffer) {}
};

void ResetAddress(const std::shared_ptr<ClientConn>& client, int address) {
  auto connection = std::make_shared<AddressConn>();
  connection->address = address;
  {
    const std::scoped_lock hold(client->mutex);
    client->connections[address] = connection;
  }
  Go([client, connection] { connection->ResetTransport(client->balancer); });
}

void WatchAddresses(const std::shared_ptr<ClientConn>& client) {
  for (const std::vector<int>& wanted : client->balancer.notify) {
    std::vector<int> added;
    std::vector<std::shared_ptr<AddressConn>> removed;
    {
      const std::scoped_lock hold(client->mutex);
      for (int address : wanted) {
        if (!client->connections.contains(address)) added.push_back(address);
      }
      for (auto it = client->connections.begin(); it != client->connections.end();) {
        if (std::find(wanted.begin(), wanted.end(), it->first) != wanted.end()) {
          ++it;
          continue;
        }
        removed.push_back(it->second);
        it = client->connections.erase(it);
      }
    }
    for (int address : added) ResetAddress(client, address);
    for (const auto& connection : removed) connection->TearDown(client->balancer);
  }
}

void CloseClient(const std::shared_ptr<ClientConn>& client) {
  std::map<int, std::shared_ptr<AddressConn>> connections;
  {
    const std::scoped_lock hold(client->mutex);
    connections.swap(client->connections);
  }
  client->balancer.Close();
  for (const auto& [address, connection] : connections) connection->TearDown(client->balancer);
}

KERNEL(etcd_7443, "Channel & Lock", "MIX GLOB LEAK PANIC") {
  // The repair: a queue so long that no sender under the lock waits.
  auto client = std::make_shared<ClientConn>(buggy ? 1 : 1024);
  Go([client] { WatchAddresses(client); });
  Go([client] {
    time::Sleep(absl::Microseconds(50));
    client->balancer.Close();
  });
  Go([client] {
    time::Sleep(absl::Microseconds(50));
    CloseClient(client);
  });
  client->balancer.closed_channel.Recv();
}

}  // namespace
}  // namespace goker
