// Broken: ten goroutines count in one variable.
//
// The bug: `++count` reads, adds and writes, and two goroutines at once lose counts. No order of
// events makes it right, so TSan reports it even in a run whose total happens to be 10000. The
// cure: mutex_counter.cc.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void CountVisits(int* count) {
  for (int i = 0; i < 1000; ++i) ++*count;
}

void Count() {
  int count = 0;
  muster::WaitGroup group;
  for (int i = 0; i < 10; ++i) group.Go([&count] { CountVisits(&count); });
  group.Wait();
  std::printf("counted %d of 10000\n", count);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Count); }
