// Plugins are restored one by one, each wait expecting all of them.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

void RestorePlugins(bool buggy) {
  constexpr int kPlugins = 2;
  auto group = std::make_shared<WaitGroup>();
  group->Add(kPlugins);
  for (int plugin = 0; plugin < kPlugins; ++plugin) {
    Go([group] { group->Done(); });
    if (buggy) group->Wait();
  }
  if (!buggy) group->Wait();
}

KERNEL(moby_25384, "Misuse WaitGroup", "PART LEAK MISUSE") {
  Go([buggy] { RestorePlugins(buggy); });
}

}  // namespace
}  // namespace goker
