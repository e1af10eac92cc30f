// A sleeper will wake the other.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(long_sleep) {
  Chan<int> chan = MakeChan<int>();
  Go([chan] {
    time::Sleep(absl::Milliseconds(300));
    chan.Close();
  });
  Go([chan] { chan.Recv(); });
  chan = Chan<int>();
  Look();
}

}  // namespace
}  // namespace healthy
