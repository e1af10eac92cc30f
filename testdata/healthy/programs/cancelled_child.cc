// The parent's cancel function reaches the child's channel.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(cancelled_child) {
  auto [parent, cancel] = context::WithCancel(context::Background());
  Go([ctx = parent] {
    auto [child, unused] = context::WithCancel(ctx);
    child.Done().Recv();
  });
  Look();
  cancel();
}

}  // namespace
}  // namespace healthy
