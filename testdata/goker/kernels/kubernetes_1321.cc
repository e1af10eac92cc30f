// A broadcaster sends to a watcher under the lock that the watcher takes to go away.
#include <map>
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

constexpr int kEvents = 100;

struct MuxWatcher {
  int id = 0;
  Chan<int> result = MakeChan<int>();
  Chan<Unit> stopped = MakeChan<Unit>();  // the repair's: can be closed without the lock
};

struct Mux {
  Mutex mutex;
  Mutex distribute_mutex;
  std::map<int, std::shared_ptr<MuxWatcher>> watchers;

  std::shared_ptr<MuxWatcher> Watch() {
    const std::scoped_lock hold(mutex);
    auto watcher = std::make_shared<MuxWatcher>();
    watchers[watcher->id] = watcher;
    return watcher;
  }
  void Distribute(int event, bool buggy) {
    const std::scoped_lock hold(mutex);
    const std::scoped_lock order(distribute_mutex);
    for (const auto& [id, watcher] : watchers) {
      if (buggy) {
        watcher->result.Send(event);
      } else {
        Select(OnSend(watcher->result, event), OnRecv(watcher->stopped));
      }
    }
  }
  void Stop(const MuxWatcher& watcher, bool buggy) {
    if (!buggy) watcher.stopped.Close();
    const std::scoped_lock hold(mutex);
    if (watchers.erase(watcher.id) > 0) watcher.result.Close();
  }
};

KERNEL(kubernetes_1321, "Channel & Lock", "MIX PART LEAK") {
  auto mux = std::make_shared<Mux>();
  Go([mux, buggy] {
    const std::shared_ptr<MuxWatcher> watcher = mux->Watch();
    mux->Stop(*watcher, buggy);
  });
  Go([mux, buggy] {
    for (int event = 0; event < kEvents; ++event) mux->Distribute(event, buggy);
  });
}

}  // namespace
}  // namespace goker
