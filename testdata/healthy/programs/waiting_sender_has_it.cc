// A sender that waits has the channel that it will send.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(waiting_sender_has_it) {
  Chan<Chan<int>> requests = MakeChan<Chan<int>>();
  const Chan<int> reply = MakeChan<int>();
  Go([requests, reply] { requests.Send(reply); });
  Go([reply] { reply.Recv(); });
  Look();
  requests.Recv()->Send(1);
}

}  // namespace
}  // namespace healthy
