// Waiting for the manifest of a plugin goes on after the activation has failed.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Plugin {
  Mutex mutex;
  Cond activated{mutex};
  bool has_manifest = false;
  bool failed = false;

  void WaitActive(bool buggy) {
    const std::scoped_lock hold(mutex);
    while (!has_manifest && (buggy || !failed)) activated.Wait();
  }
  void FailActivation(bool buggy) {
    const std::scoped_lock hold(mutex);
    failed = true;
    if (!buggy) activated.Broadcast();
  }
};

KERNEL(moby_30408, "Condition Variable", "PART GLOB LEAK") {
  auto plugin = std::make_shared<Plugin>();
  auto done = MakeChan<Unit>();
  plugin->FailActivation(buggy);
  Go([plugin, done, buggy] {
    plugin->WaitActive(buggy);
    done.Close();
  });
  done.Recv();
}

}  // namespace
}  // namespace goker
