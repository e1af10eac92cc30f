// Remote resources have a lock each; taking one holds the registry that giving back needs.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct RemoteLocks {
  RWMutex registry;
  std::map<std::string, std::shared_ptr<Mutex>> by_url;

  void Lock(const std::string& url, bool buggy) {
    registry.Lock();
    std::shared_ptr<Mutex>& slot = by_url[url];
    if (slot == nullptr) slot = std::make_shared<Mutex>();
    const std::shared_ptr<Mutex> lock = slot;
    if (!buggy) registry.Unlock();
    lock->Lock();
    if (buggy) registry.Unlock();
  }
  void Unlock(const std::string& url) {
    const std::shared_lock hold(registry);
    by_url.at(url)->Unlock();
  }
};

// Part of the bug's shape: reachability cannot see what hangs off a global.
RemoteLocks g_remote_locks;

KERNEL(hugo_3251, "AB-BA deadlock", "CYCLE GLOB LEAK") {
  const std::string url = "https://example.org/data.json";
  auto group = std::make_shared<WaitGroup>();
  for (int wave = 0; wave < 2; ++wave) {
    for (int worker = 0; worker < 25; ++worker) {
      group->Go([url, buggy] {
        for (int round = 0; round < 10; ++round) {
          g_remote_locks.Lock(url, buggy);
          g_remote_locks.Unlock(url);
          time::Sleep(absl::Nanoseconds(300));
        }
      });
    }
  }
  group->Wait();
}

}  // namespace
}  // namespace goker
