// A transaction that is neither committed nor rolled back keeps the goroutine that awaits it.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Transaction {
  context::CancelFunc cancel;

  void Rollback() { cancel(); }
};

void AwaitEnd(const context::Context& ctx) { ctx.Done().Recv(); }

Transaction Begin(const context::Context& parent) {
  auto [ctx, cancel] = context::WithCancel(parent);
  Go([ctx] { AwaitEnd(ctx); });
  return {cancel};
}

KERNEL(cockroach_13197, "Channel & Context", "PART LEAK") {
  Transaction opened = Begin(context::Background());
  if (!buggy) opened.Rollback();
}

}  // namespace
}  // namespace goker
