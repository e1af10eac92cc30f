// A server without requests.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(idle_server) {
  Chan<int> requests = MakeChan<int>();
  WaitGroup served;
  served.Go([requests] {
    while (requests.Recv()) {
    }
  });
  Look();
  requests.Close();
  served.Wait();
}

}  // namespace
}  // namespace healthy
