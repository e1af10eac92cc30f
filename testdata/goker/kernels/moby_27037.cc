// API versions are tried in goroutines that all look at the loop variable.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

KERNEL(moby_27037, "Anonymous function", "RACE") {
  auto requests = std::make_shared<WaitGroup>();
  auto version = std::make_shared<int>(17);
  for (; *version <= 21; ++*version) {
    requests->Go([version, own = *version, buggy] {
      volatile int asked = buggy ? *version : own;
      static_cast<void>(asked);
    });
  }
  requests->Wait();
}

}  // namespace
}  // namespace goker
