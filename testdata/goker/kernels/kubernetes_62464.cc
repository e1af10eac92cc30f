// The CPU manager reads its state through getters that lock, inside a read lock.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct CpuState {
  RWMutex mutex;
  int cpus = 4;

  int Cpus() {
    const std::shared_lock hold(mutex);
    return cpus;
  }
  int CpusOrDefault(bool buggy) {
    const std::shared_lock hold(mutex);
    int seen = buggy ? Cpus() : cpus;
    if (Draw(10) < 6) seen += buggy ? Cpus() : cpus;
    return seen;
  }
  void SetCpus(int count) {
    const std::scoped_lock hold(mutex);
    cpus = count;
  }
};

KERNEL(kubernetes_62464, "RWR deadlock", "RWW PRED PART LEAK") {
  auto state = std::make_shared<CpuState>();
  Go([state, buggy] { state->CpusOrDefault(buggy); });
  Go([state] {
    state->Cpus();
    state->SetCpus(2);
  });
}

}  // namespace
}  // namespace goker
