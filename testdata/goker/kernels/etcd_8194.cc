// A lease test changes the global rate of a loop that is running.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

int g_lease_rate = 1000;

struct Lessor {
  int rate;
  Chan<Unit> stop;  // nil: nobody stops it

  void RevokeExpired(bool buggy) {
    for (int round = 0; round < 10; ++round) {
      volatile int limit = (buggy ? g_lease_rate : rate) / 2;
      static_cast<void>(limit);
      if (Select(OnRecv(stop), OnDefault()) == 0) return;
      time::Sleep(absl::Milliseconds(1));
    }
  }
};

KERNEL(etcd_8194, "Data race", "RACE") {
  auto lessor = std::make_shared<Lessor>();
  lessor->rate = 1000;
  Go([lessor, buggy] { lessor->RevokeExpired(buggy); });
  Go([buggy] {
    if (!buggy) return;  // the repaired test has a lessor of its own
    const int saved = g_lease_rate;
    g_lease_rate = 10;
    runtime::Gosched();
    g_lease_rate = saved;
  });
}

}  // namespace
}  // namespace goker
