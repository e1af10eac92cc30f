// The pointer lies in a block that malloc has mapped for itself.
#include <cstdlib>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

void** g_block = nullptr;

HEALTHY(large_block) {
  g_block = static_cast<void**>(std::calloc(1, 8 << 20));
  g_block[500'000] = new Chan<int>(MakeChan<int>());
  Go([chan = *static_cast<Chan<int>*>(g_block[500'000])] { chan.Recv(); });
  Look();
  auto* const chan = static_cast<Chan<int>*>(g_block[500'000]);
  chan->Close();
  delete chan;
  std::free(g_block);
}

}  // namespace
}  // namespace healthy
