// Only a global variable has the channel.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

Chan<int> g_chan;

HEALTHY(global_channel) {
  g_chan = MakeChan<int>();
  Go([] { g_chan.Recv(); });
  Look();
  g_chan.Close();
  g_chan = Chan<int>();
}

}  // namespace
}  // namespace healthy
