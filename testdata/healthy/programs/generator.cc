// A generator waits until somebody wants its next value.
#include <optional>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(generator) {
  Chan<int> values = MakeChan<int>();
  Chan<int> stop = MakeChan<int>();
  Go([values, stop] {
    for (int i = 0;; ++i) {
      bool stopped = false;
      Select(OnSend(values, i, [] {}), OnRecv(stop, [&](std::optional<int>) { stopped = true; }));
      if (stopped) return;
    }
  });
  Look();
  stop.Close();
}

}  // namespace
}  // namespace healthy
