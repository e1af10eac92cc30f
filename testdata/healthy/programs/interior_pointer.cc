// Only a pointer into the middle of an array is kept.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

Chan<int>* g_seventh = nullptr;

HEALTHY(interior_pointer) {
  auto* const array = new Chan<int>[10];
  array[7] = MakeChan<int>();
  g_seventh = array + 7;
  Go([chan = array[7]] { chan.Recv(); });
  Look();
  g_seventh->Close();
  delete[](g_seventh - 7);
  g_seventh = nullptr;
}

}  // namespace
}  // namespace healthy
