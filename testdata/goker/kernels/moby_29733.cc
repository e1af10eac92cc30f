// Plugins in a global table wait to be activated, and nobody activates them.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Plugin {
  Mutex mutex;
  Cond activation{mutex};
  bool activated = false;

  void WaitActive() {
    const std::scoped_lock hold(mutex);
    while (!activated) activation.Wait();
  }
  void Activate() {
    const std::scoped_lock hold(mutex);
    activated = true;
    activation.Broadcast();
  }
};

struct Plugins {
  Mutex mutex;
  std::map<std::string, std::shared_ptr<Plugin>> by_name;
};

// Part of the bug's shape: reachability cannot see what hangs off a global.
Plugins g_plugins;

std::shared_ptr<Plugin> Get(const std::string& name) {
  const std::scoped_lock hold(g_plugins.mutex);
  std::shared_ptr<Plugin>& plugin = g_plugins.by_name[name];
  if (plugin == nullptr) plugin = std::make_shared<Plugin>();
  return plugin;
}

KERNEL(moby_29733, "Condition Variable", "GLOB LEAK") {
  auto done = MakeChan<Unit>();
  Get("fruit");
  Go([done] {
    Get("fruit")->WaitActive();
    done.Close();
  });
  if (!buggy) Get("fruit")->Activate();
  done.Recv();
}

}  // namespace
}  // namespace goker
