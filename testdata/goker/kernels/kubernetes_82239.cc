// A volume is annotated by the test while a syncer copies it over and over.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Volume {
  Mutex mutex;
  int annotations = 1;
};

void CopyUntil(const std::shared_ptr<Volume>& volume, const Chan<Unit>& stop, bool buggy) {
  while (Select(OnRecv(stop), OnDefault()) != 0) {
    if (!buggy) volume->mutex.Lock();
    volatile int copied = volume->annotations;
    static_cast<void>(copied);
    if (!buggy) volume->mutex.Unlock();
    runtime::Gosched();
  }
}

KERNEL(kubernetes_82239, "Data race", "RACE") {
  auto volume = std::make_shared<Volume>();
  auto stop = MakeChan<Unit>();
  Go([volume, stop, buggy] { CopyUntil(volume, stop, buggy); });
  time::Sleep(absl::Milliseconds(1));
  if (!buggy) volume->mutex.Lock();
  ++volume->annotations;
  if (!buggy) volume->mutex.Unlock();
  stop.Close();
}

}  // namespace
}  // namespace goker
