// A chain of stages that wait for each other.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(pipeline) {
  Chan<int> in = MakeChan<int>();
  Chan<int> from = in;
  WaitGroup group;
  for (int i = 0; i < 10; ++i) {
    const Chan<int> to = MakeChan<int>();
    group.Go([from, to] {
      while (const auto value = from.Recv()) to.Send(*value);
      to.Close();
    });
    from = to;
  }
  group.Go([from] {
    while (from.Recv()) {
    }
  });
  from = Chan<int>();
  Look();
  in.Close();
  group.Wait();
}

}  // namespace
}  // namespace healthy
