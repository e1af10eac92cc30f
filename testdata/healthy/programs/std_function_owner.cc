// A callback in a queue has captured the channel.
#include <functional>
#include <memory>
#include <vector>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

std::unique_ptr<std::vector<std::function<void()>>> g_callbacks;

HEALTHY(std_function_owner) {
  g_callbacks = std::make_unique<std::vector<std::function<void()>>>();
  const Chan<int> chan = MakeChan<int>();
  g_callbacks->push_back([chan] { chan.Close(); });
  Go([chan] { chan.Recv(); });
  Look();
  for (const auto& callback : *g_callbacks) callback();
  g_callbacks.reset();
}

}  // namespace
}  // namespace healthy
