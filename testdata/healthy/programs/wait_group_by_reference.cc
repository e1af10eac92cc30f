// Members have only a reference to the group.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(wait_group_by_reference) {
  auto group = std::make_unique<WaitGroup>();
  const Chan<int> go_on = MakeChan<int>();
  group->Add(1);
  Go([counted = group.get(), go_on] {
    go_on.Recv();
    counted->Done();
  });
  WaitGroup waiters;
  waiters.Go([&group] { group->Wait(); });
  Look();
  go_on.Close();
  waiters.Wait();
}

}  // namespace
}  // namespace healthy
