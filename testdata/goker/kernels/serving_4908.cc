// A test waits for the reconciler and not for what the reconciler started, which logs.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

// What a test hands out to log with; valid until the test ends.
struct TestLog {
  bool ended = false;

  void Log() {
    if (ended) throw muster::Panic("Log in goroutine after the test has completed");
  }
};

KERNEL(serving_4908, "Testing library", "MISUSE RACE") {
  auto log = std::make_shared<TestLog>();
  auto reconciler = std::make_shared<WaitGroup>();
  auto loggers = std::make_shared<WaitGroup>();
  reconciler->Add(1);
  loggers->Add(1);
  Go([log, reconciler, loggers] {
    Go([log, loggers] {
      log->Log();
      loggers->Done();
    });
    reconciler->Done();
  });
  reconciler->Wait();
  if (!buggy) loggers->Wait();
  log->ended = true;
}

}  // namespace
}  // namespace goker
