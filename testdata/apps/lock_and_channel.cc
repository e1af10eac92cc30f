// Broken: a send with a lock held, to somebody who needs the lock to receive.
//
// The bug: each has what the other one waits for; one of the two is no lock, so nothing looks like
// a deadlock of locks. The cure: lock_and_channel_fixed.cc.
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
  const std::scoped_lock lock(store->mutex);
  --store->stock;
  store->sold.Send(1);
}

void Restock(Store* store) {
  const std::scoped_lock lock(store->mutex);
  store->stock += store->sold.Recv().value_or(0);
}

void Shop() {
  static Store store;
  muster::Go([] { Restock(&store); });
  Sell(&store);
  std::printf("sold\n");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Shop, apps::Ending::kHangs); }
