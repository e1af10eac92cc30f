// Only a timer has the channel.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(timer_channel) {
  Go([] { time::After(absl::Milliseconds(300)).Recv(); });
  Look();
}

}  // namespace
}  // namespace healthy
