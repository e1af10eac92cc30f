// One of the channels of a select will be closed; nobody has the others.
#include <optional>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(select_with_one_live_case) {
  Chan<int> live = MakeChan<int>();
  Go([live] {
    const Chan<int> lost = MakeChan<int>(), nil;
    Select(OnRecv(lost, [](std::optional<int>) {}), OnRecv(nil, [](std::optional<int>) {}),
           OnRecv(live, [](std::optional<int>) {}));
  });
  Look();
  live.Close();
}

}  // namespace
}  // namespace healthy
