// A stack of nodes that is changed by compare-and-swap.
#include <atomic>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

struct Entry {
  Chan<int> chan;
  Entry* next = nullptr;
};
std::atomic<Entry*> g_top{nullptr};

HEALTHY(lock_free_stack) {
  for (int i = 0; i < 10; ++i) {
    auto* entry = new Entry{MakeChan<int>(), g_top.load()};
    Go([chan = entry->chan] { chan.Recv(); });
    while (!g_top.compare_exchange_weak(entry->next, entry)) {
    }
  }
  Look();
  while (Entry* entry = g_top.load()) {
    if (!g_top.compare_exchange_strong(entry, entry->next)) continue;
    entry->chan.Close();
    delete entry;
  }
}

}  // namespace
}  // namespace healthy
