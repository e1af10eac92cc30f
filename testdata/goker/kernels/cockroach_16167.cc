// An executor reads its configuration while it holds that for reading.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Executor {
  RWMutex config_mutex;
  Cond config_changed{config_mutex.RLocker()};
  int config = 0;

  int DatabaseCache() {
    const std::shared_lock hold(config_mutex);
    return config;
  }
  int Prepare(bool buggy) {
    config_changed.L.Lock();
    const int seen = config;
    const int cached = buggy ? DatabaseCache() : config;
    config_changed.L.Unlock();
    return seen + cached;
  }
  void UpdateConfig() {
    const std::scoped_lock hold(config_mutex);
    ++config;
  }
};

KERNEL(cockroach_16167, "RWR deadlock", "RWW PRED GLOB PART LEAK") {
  auto executor = std::make_shared<Executor>();
  Go([executor] { executor->UpdateConfig(); });
  executor->Prepare(buggy);
}

}  // namespace
}  // namespace goker
