// A registry by name, in a hash map.
#include <memory>
#include <string>
#include <unordered_map>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

std::unique_ptr<std::unordered_map<std::string, Chan<int>>> g_registry;

HEALTHY(heap_map) {
  g_registry = std::make_unique<std::unordered_map<std::string, Chan<int>>>();
  for (int i = 0; i < 100; ++i) (*g_registry)["chan" + std::to_string(i)] = MakeChan<int>();
  Go([chan = (*g_registry)["chan57"]] { chan.Recv(); });
  Look();
  for (auto& [name, chan] : *g_registry) chan.Close();
  g_registry.reset();
}

}  // namespace
}  // namespace healthy
