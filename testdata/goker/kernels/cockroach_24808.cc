// A compactor puts a token into a full channel before it starts the one who takes tokens out.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Compactor {
  Chan<Unit> tokens = MakeChan<Unit>(1);

  void Start(const std::shared_ptr<Compactor>& self, bool buggy) {
    if (buggy) {
      tokens.Send({});
    } else {
      Select(OnSend(tokens, Unit()), OnDefault());
    }
    Go([self] { self->tokens.Recv(); });
  }
};

KERNEL(cockroach_24808, "Channel", "PART GLOB LEAK") {
  auto compactor = std::make_shared<Compactor>();
  compactor->tokens.Send({});
  compactor->Start(compactor, buggy);
}

}  // namespace
}  // namespace goker
