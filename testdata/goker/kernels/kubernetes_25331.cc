// A watch that fails sends its last word to a caller who has gone.
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct WatchChan {
  context::Context ctx;
  context::CancelFunc cancel;
  Chan<int> errors = MakeChan<int>();
  Chan<int> result = MakeChan<int>();

  void Run(bool buggy) {
    Select(OnRecv(errors,
                  [&](std::optional<int> error) {
                    if (buggy) {
                      cancel();
                      result.Send(*error);
                    } else {
                      Select(OnSend(result, *error), OnRecv(ctx.Done()));
                    }
                  }),
           OnRecv(ctx.Done()));
  }
};

KERNEL(kubernetes_25331, "Channel & Context", "PART LEAK") {
  auto watch = std::make_shared<WatchChan>();
  auto [ctx, cancel] = context::WithCancel(context::Background());
  watch->ctx = ctx;
  watch->cancel = cancel;
  Go([watch, buggy] { watch->Run(buggy); });
  Go([watch] {
    watch->errors.Send(1);
    watch->cancel();
  });
}

}  // namespace
}  // namespace goker
