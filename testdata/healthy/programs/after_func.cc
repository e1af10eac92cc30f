// A timer's function will wake it.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(after_func) {
  Chan<int> chan = MakeChan<int>();
  time::AfterFunc(absl::Milliseconds(300), [chan] { chan.Close(); });
  Go([chan] { chan.Recv(); });
  chan = Chan<int>();
  Look();
}

}  // namespace
}  // namespace healthy
