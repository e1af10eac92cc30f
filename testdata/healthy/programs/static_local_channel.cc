// Only a function's static variable has the channel.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

Chan<int>& Events() {
  static Chan<int> events = MakeChan<int>();
  return events;
}

HEALTHY(static_local_channel) {
  Events() = MakeChan<int>();
  Go([] { Events().Recv(); });
  Look();
  Events().Close();
}

}  // namespace
}  // namespace healthy
