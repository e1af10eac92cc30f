// Others wait until the first call is over.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(once_in_progress) {
  auto once = std::make_shared<Once>();
  const Chan<int> go_on = MakeChan<int>();
  WaitGroup group;
  for (int i = 0; i < 3; ++i) {
    group.Go([once, go_on] { once->Do([&] { go_on.Recv(); }); });
  }
  Look();
  go_on.Close();
  group.Wait();
}

}  // namespace
}  // namespace healthy
