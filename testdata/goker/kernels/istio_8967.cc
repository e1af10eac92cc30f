// A source closes its channel and forgets it while its loop asks for it again.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Source {
  Chan<Unit> done = MakeChan<Unit>();

  void Stop(bool buggy) {
    done.Close();
    if (buggy) done = {};
  }
};

KERNEL(istio_8967, "Misuse channel", "RACE LEAK") {
  auto source = std::make_shared<Source>();
  Go([source] { source->done.Recv(); });
  runtime::Gosched();
  source->Stop(buggy);
}

}  // namespace
}  // namespace goker
