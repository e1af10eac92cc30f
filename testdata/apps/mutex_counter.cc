// Healthy: the twin of racy_counter.cc. A mutex orders the goroutines.
#include <cstdio>
#include <mutex>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Counter {
  muster::Mutex mutex;
  int count = 0;
};

void CountVisits(Counter* counter) {
  for (int i = 0; i < 1000; ++i) {
    const std::scoped_lock lock(counter->mutex);
    ++counter->count;
  }
}

void Count() {
  Counter counter;
  muster::WaitGroup group;
  for (int i = 0; i < 10; ++i) group.Go([&counter] { CountVisits(&counter); });
  group.Wait();
  std::printf("counted %d of 10000\n", counter.count);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Count); }
