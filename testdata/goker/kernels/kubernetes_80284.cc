// Two callers install the dialer of the same client.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

using DialFunc = int (*)();
int DialPlain() { return 1; }

struct ExecAuthenticator {
  Mutex mutex;
  DialFunc dial = nullptr;

  void UpdateTransport(bool buggy) {
    if (!buggy) mutex.Lock();
    dial = &DialPlain;
    if (!buggy) mutex.Unlock();
  }
};

KERNEL(kubernetes_80284, "Data race", "RACE") {
  auto authenticator = std::make_shared<ExecAuthenticator>();
  auto callers = std::make_shared<WaitGroup>();
  for (int i = 0; i < 2; ++i) {
    callers->Go([authenticator, buggy] { authenticator->UpdateTransport(buggy); });
  }
  callers->Wait();
}

}  // namespace
}  // namespace goker
