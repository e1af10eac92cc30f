// A context's deadline will end the wait.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(deadline) {
  Go([] {
    auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Milliseconds(300));
    ctx.Done().Recv();
  });
  Look();
}

}  // namespace
}  // namespace healthy
