// A ticker that ticks rarely.
#include <optional>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(parked_ticker) {
  Chan<int> done = MakeChan<int>();
  WaitGroup group;
  group.Go([done] {
    auto ticker = time::NewTicker(absl::Hours(1));
    Select(OnRecv(ticker.C(), [](std::optional<absl::Time>) {}),
           OnRecv(done, [](std::optional<int>) {}));
    ticker.Stop();
  });
  Look();
  done.Close();
  group.Wait();
}

}  // namespace
}  // namespace healthy
