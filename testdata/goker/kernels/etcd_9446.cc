// A transaction buffer is emptied while a reader looks something up in it.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct TxBuffer {
  Mutex mutex;
  int used = 3;

  void Reset(bool buggy) {
    if (!buggy) mutex.Lock();
    used = 0;
    if (!buggy) mutex.Unlock();
  }
  int Range(bool buggy) {
    if (!buggy) mutex.Lock();
    const int seen = used;
    if (!buggy) mutex.Unlock();
    return seen;
  }
};

KERNEL(etcd_9446, "Data race", "RACE") {
  auto buffer = std::make_shared<TxBuffer>();
  Go([buffer, buggy] { buffer->Reset(buggy); });
  Go([buffer, buggy] {
    volatile int seen = buffer->Range(buggy);
    static_cast<void>(seen);
  });
}

}  // namespace
}  // namespace goker
