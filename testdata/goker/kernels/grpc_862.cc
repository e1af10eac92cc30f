// A dial that is cancelled leaves its connection loop on a context that nobody cancels.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct ClientConn {
  context::Context ctx;
  context::CancelFunc cancel;
};

void ResetTransport(const std::shared_ptr<ClientConn>& conn) {
  absl::Duration backoff = absl::Nanoseconds(100);
  for (bool closed = false; !closed;) {
    Select(OnRecv(time::After(backoff)), OnRecv(conn->ctx.Done(), [&] { closed = true; }));
    backoff = std::min(backoff * 2, absl::Milliseconds(1));
  }
}

// The connection, or null when the caller gave up.
std::shared_ptr<ClientConn> Dial(const context::Context& ctx, bool buggy) {
  auto conn = std::make_shared<ClientConn>();
  auto [own, cancel] = context::WithCancel(context::Background());
  conn->ctx = own;
  conn->cancel = cancel;
  Go([conn] { ResetTransport(conn); });
  ctx.Done().Recv();
  std::shared_ptr<ClientConn> result;  // none: it was given up half built
  if (!buggy) {
    conn->cancel();
  } else if (result != nullptr) {
    result->cancel();
  }
  return result;
}

KERNEL(grpc_862, "Channel & Context", "LEAK LIVE") {
  auto [ctx, cancel] = context::WithCancel(context::Background());
  Go([ctx, buggy] { Dial(ctx, buggy); });
  cancel();
}

}  // namespace
}  // namespace goker
