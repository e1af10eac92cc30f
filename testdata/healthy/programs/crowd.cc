// Many wait for one.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(crowd) {
  Chan<int> start = MakeChan<int>();
  WaitGroup group;
  for (int i = 0; i < 1000; ++i) group.Go([start] { start.Recv(); });
  Look();
  start.Close();
  group.Wait();
}

}  // namespace
}  // namespace healthy
