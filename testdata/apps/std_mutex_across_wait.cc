// Broken: a std::mutex held while a goroutine waits for a channel.
//
// The bug: a std::mutex blocks the thread of whoever waits for it, and with it the only P, which
// the goroutine that holds it needs to go on. (On more Ps it may go on on another thread, which
// must not unlock it.) The cure: muster_mutex_across_wait.cc.
#include <cstdio>
#include <mutex>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Cache {
  std::mutex mutex;
  int price = 0;
};

void Refresh(Cache* cache, const muster::Chan<int>& prices) {
  const std::scoped_lock lock(cache->mutex);
  cache->price = prices.Recv().value_or(0);
}

int PriceOf(Cache* cache) {
  const std::scoped_lock lock(cache->mutex);
  return cache->price;
}

void Quote() {
  muster::runtime::GOMAXPROCS(1);
  static Cache cache;
  const auto prices = muster::MakeChan<int>();
  muster::Go([prices] { Refresh(&cache, prices); });
  muster::runtime::Gosched();  // to Refresh, which waits with the lock held
  muster::Go([prices] { prices.Send(7); });
  std::printf("the price is %d\n", PriceOf(&cache));
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Quote, apps::Ending::kHogs); }
