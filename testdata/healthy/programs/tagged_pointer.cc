// The low bit of the pointer is a mark.
#include <cstdint>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

uintptr_t g_tagged = 0;

HEALTHY(tagged_pointer) {
  auto* chan = new Chan<int>(MakeChan<int>());
  g_tagged = reinterpret_cast<uintptr_t>(chan) | 1;
  Go([copy = *chan] { copy.Recv(); });
  chan = nullptr;
  Look();
  chan = reinterpret_cast<Chan<int>*>(g_tagged & ~uintptr_t{1});
  chan->Close();
  delete chan;
  g_tagged = 0;
}

}  // namespace
}  // namespace healthy
