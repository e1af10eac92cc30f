// A test installs its hook after the controllers that run the hooks have been started.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Fake {
  const int* chain = nullptr;
};

KERNEL(serving_3148, "Data race", "RACE") {
  static constexpr int kReactor = 1;
  auto fake = std::make_shared<Fake>();
  if (!buggy) fake->chain = &kReactor;
  auto controllers = std::make_shared<WaitGroup>();
  controllers->Go([fake] {
    volatile bool reacts = fake->chain != nullptr;
    static_cast<void>(reacts);
  });
  if (buggy) fake->chain = &kReactor;
  controllers->Wait();
}

}  // namespace
}  // namespace goker
