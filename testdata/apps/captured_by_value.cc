// Healthy: the twin of captured_loop_variable.cc. Each goroutine has its own copy of the number.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void PrintAll() {
  const auto seen = muster::MakeChan<int>(5);
  muster::WaitGroup group;
  for (int i = 0; i < 5; ++i) {
    group.Go([i, seen] { seen.Send(i); });
  }
  group.Wait();
  seen.Close();
  int sum = 0;
  for (const int number : seen) sum += number;
  std::printf("saw 5 numbers, sum %d\n", sum);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, PrintAll); }
