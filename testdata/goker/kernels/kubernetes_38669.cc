// A watcher sends its first events before anybody can read them; stopping closes its input only.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct CacheWatcher {
  Mutex mutex;
  Chan<int> input = MakeChan<int>();
  Chan<int> result;

  explicit CacheWatcher(size_t buffer) : result(MakeChan<int>(buffer)) {}

  void Process() {
    for (int event = 0; event < 2; ++event) result.Send(event);
    for (int event : input) result.Send(event);
    result.Close();
  }
  void Stop() {
    const std::scoped_lock hold(mutex);
    input.Close();
  }
};

KERNEL(kubernetes_38669, "Channel", "PART LEAK") {
  auto watcher = std::make_shared<CacheWatcher>(buggy ? 0 : 2);
  Go([watcher] { watcher->Process(); });
  watcher->Stop();
}

}  // namespace
}  // namespace goker
