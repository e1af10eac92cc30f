// The wait group lies on the stack of the one that waits for its members.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(wait_group_on_a_stack) {
  Chan<int> go_on = MakeChan<int>();
  Go([go_on] {
    WaitGroup group;
    for (int i = 0; i < 3; ++i) group.Go([&] { go_on.Recv(); });
    group.Wait();
  });
  Look();
  go_on.Close();
}

}  // namespace
}  // namespace healthy
