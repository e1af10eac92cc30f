// Healthy: the twin of lock_and_channel.cc. Nobody waits for a channel with the lock held.
#include <cstdio>
#include <mutex>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Store {
  muster::Mutex mutex;
  int stock = 0;
  muster::Chan<int> sold = muster::MakeChan<int>();
};

void Sell(Store* store) {
  {
    const std::scoped_lock lock(store->mutex);
    --store->stock;
  }
  store->sold.Send(1);
}

void Restock(Store* store) {
  for (const int number : store->sold) {
    const std::scoped_lock lock(store->mutex);
    store->stock += number;
  }
}

void Shop() {
  Store store;
  muster::WaitGroup restocking;
  restocking.Go([&store] { Restock(&store); });
  Sell(&store);
  store.sold.Close();
  restocking.Wait();
  std::printf("stock %d\n", store.stock);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Shop); }
