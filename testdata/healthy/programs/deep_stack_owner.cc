// The channel is known only deep in the stack of one who waits for something else.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

int Dive(int depth, const Chan<int>& go_on) {
  volatile int pad[64] = {depth};
  if (depth > 0) return Dive(depth - 1, go_on) + pad[0];
  const Chan<int> chan = MakeChan<int>();
  Go([chan] { chan.Recv(); });
  go_on.Recv();
  chan.Close();
  return pad[0];
}

HEALTHY(deep_stack_owner) {
  const Chan<int> go_on = MakeChan<int>();
  Go([go_on] { Dive(100, go_on); });
  Look();
  go_on.Close();
}

}  // namespace
}  // namespace healthy
