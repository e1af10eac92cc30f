// A handler sets a flag that the test compares without waiting for the handler.
#include <atomic>
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Backend {
  bool called = false;
  std::atomic<bool> safe_called{false};

  void Handle(bool buggy) {
    if (buggy) {
      called = true;
    } else {
      safe_called = true;
    }
  }
};

KERNEL(kubernetes_49404, "Data race", "RACE") {
  auto backend = std::make_shared<Backend>();
  Go([backend, buggy] { Go([backend, buggy] { backend->Handle(buggy); }); });
  runtime::Gosched();
  volatile bool called = buggy ? backend->called : backend->safe_called.load();
  static_cast<void>(called);
}

}  // namespace
}  // namespace goker
