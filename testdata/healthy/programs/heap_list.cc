// The channel hangs at the end of a list.
#include <list>
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(heap_list) {
  auto list = std::make_unique<std::list<Chan<int>>>();
  for (int i = 0; i < 50; ++i) list->push_back(MakeChan<int>());
  Go([chan = list->back()] { chan.Recv(); });
  Look();
  list->back().Close();
}

}  // namespace
}  // namespace healthy
