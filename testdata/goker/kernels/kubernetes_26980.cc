// A listener waits to be stopped with its lock, and whoever would stop it wants that lock.
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct ProcessorListener {
  Mutex mutex;
  Cond added{mutex};
  int pending = 0;

  void Add() {
    const std::scoped_lock hold(mutex);
    ++pending;
    added.Broadcast();
  }
  void Pop(const Chan<Unit>& stop, bool buggy) {
    mutex.Lock();
    while (pending == 0) added.Wait();
    if (!buggy) mutex.Unlock();
    stop.Recv();
    if (buggy) mutex.Unlock();
  }
};

KERNEL(kubernetes_26980, "Channel & Lock", "MIX PART GLOB LEAK XUNLOCK") {
  auto listener = std::make_shared<ProcessorListener>();
  auto stop = MakeChan<Unit>();
  auto result = MakeChan<Unit>();
  listener->Add();
  Go([listener, stop, buggy] { listener->Pop(stop, buggy); });
  Go([listener, result] {
    listener->mutex.Lock();
    result.Close();  // whoever hears this unlocks
  });
  result.Recv();
  listener->mutex.Unlock();
  stop.Close();
}

}  // namespace
}  // namespace goker
