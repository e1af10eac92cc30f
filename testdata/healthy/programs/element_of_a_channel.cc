// The reply's channel waits in the buffer of another channel.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(element_of_a_channel) {
  Chan<Chan<int>> requests = MakeChan<Chan<int>>(1);
  Go([requests] {
    const Chan<int> reply = MakeChan<int>();
    requests.Send(reply);
    reply.Recv();
  });
  Look();
  requests.Recv()->Send(1);
}

}  // namespace
}  // namespace healthy
