// Rows that are never closed keep the goroutine that waits for their context.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Rows {
  context::CancelFunc cancel;

  void Close() { cancel(); }
};

void AwaitDone(const context::Context& ctx) { ctx.Done().Recv(); }

Rows Query(const context::Context& parent) {
  auto [ctx, cancel] = context::WithCancel(parent);
  Go([ctx] { AwaitDone(ctx); });
  return {cancel};
}

KERNEL(cockroach_13755, "Channel & Context", "PART LEAK") {
  Rows opened = Query(context::Background());
  if (!buggy) opened.Close();
}

}  // namespace
}  // namespace goker
