// A test shortens a global timeout and puts it back while a watcher still reads it.
#include <atomic>
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

int g_min_timeout = 20;
std::atomic<int> g_safe_min_timeout{20};

struct Wrapper {
  Mutex mutex;
  bool has_balancer = false;
};

void Connect(bool buggy) {
  volatile int timeout = buggy ? g_min_timeout : g_safe_min_timeout.load();
  static_cast<void>(timeout);
}

void Watch(const std::shared_ptr<Wrapper>& wrapper, bool buggy) {
  for (int poll = 0; poll < 10; ++poll) {
    wrapper->mutex.Lock();
    const bool ready = wrapper->has_balancer;
    wrapper->mutex.Unlock();
    if (ready) {
      Go([buggy] { Connect(buggy); });
      return;
    }
    runtime::Gosched();
  }
}

void SetTimeout(int timeout, bool buggy) {
  if (buggy) {
    g_min_timeout = timeout;
  } else {
    g_safe_min_timeout = timeout;
  }
}

KERNEL(grpc_1748, "Data race", "RACE") {
  auto wrapper = std::make_shared<Wrapper>();
  SetTimeout(10, buggy);
  Go([wrapper, buggy] { Watch(wrapper, buggy); });
  wrapper->mutex.Lock();
  wrapper->has_balancer = true;
  wrapper->mutex.Unlock();
  SetTimeout(20, buggy);
}

}  // namespace
}  // namespace goker
