// The cure of std_mutex_across_wait.cc: whoever waits for a muster::Mutex is parked.
#include <cstdio>
#include <mutex>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Cache {
  muster::Mutex mutex;
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

int main(int argc, char** argv) { return apps::Main(argc, argv, Quote); }
