// Work is queued before the count of what is pending has been set.
#include <deque>
#include <memory>
#include <mutex>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct ImageState {
  int pending = 0;
  Mutex mutex;
};

struct WorkQueue {
  Mutex mutex;
  std::deque<std::shared_ptr<ImageState>> items;

  std::shared_ptr<ImageState> Pop() {
    const std::scoped_lock hold(mutex);
    if (items.empty()) return nullptr;
    std::shared_ptr<ImageState> item = items.front();
    items.pop_front();
    return item;
  }
  void Push(const std::shared_ptr<ImageState>& item) {
    const std::scoped_lock hold(mutex);
    items.push_back(item);
  }
};

void ResolveOne(const std::shared_ptr<WorkQueue>& queue) {
  const std::shared_ptr<ImageState> item = queue->Pop();
  if (item == nullptr) return;
  const std::scoped_lock hold(item->mutex);
  --item->pending;
}

KERNEL(serving_6472, "Data race", "RACE") {
  auto queue = std::make_shared<WorkQueue>();
  queue->Push(std::make_shared<ImageState>());
  auto workers = std::make_shared<WaitGroup>();
  for (int i = 0; i < 2; ++i) workers->Go([queue] { ResolveOne(queue); });
  auto state = std::make_shared<ImageState>();
  if (!buggy) state->pending += 1;
  queue->Push(state);
  if (buggy) state->pending += 1;
  workers->Wait();
}

}  // namespace
}  // namespace goker
