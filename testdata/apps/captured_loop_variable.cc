// Broken: goroutines capture the loop's variable by reference.
//
// The bug: each of them reads `i` when it gets to run, not when it was started, while the loop goes
// on changing it: some numbers are printed twice, some never, and the last may be one too many. It
// is a data race, which TSan reports in every run. The cure: captured_by_value.cc.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void PrintAll() {
  const auto seen = muster::MakeChan<int>(5);
  muster::WaitGroup group;
  int i = 0;
  for (; i < 5; ++i) {
    group.Go([&i, seen] { seen.Send(i); });
  }
  group.Wait();
  seen.Close();
  for (const int number : seen) std::printf("saw %d\n", number);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, PrintAll); }
