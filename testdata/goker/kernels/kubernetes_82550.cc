// A credential provider is made by whoever first finds that there is none.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Provider {
  int region = 1;
};

struct LazyProvider {
  Once once;
  const Provider* provider = nullptr;
  Provider made;

  int Region(bool buggy) {
    if (!buggy) {
      once.Do([this] { provider = &made; });
    } else if (provider == nullptr) {
      provider = &made;
    }
    return provider->region;
  }
};

KERNEL(kubernetes_82550, "Data race", "RACE") {
  auto lazy = std::make_shared<LazyProvider>();
  for (int i = 0; i < 10; ++i) {
    Go([lazy, buggy] {
      volatile int region = lazy->Region(buggy);
      static_cast<void>(region);
    });
  }
}

}  // namespace
}  // namespace goker
