// A balancer watcher ends with the addresses, and the one who waits for it is never told.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

void WatchAddresses(const Chan<int>& addresses, const Chan<Unit>& done, bool buggy) {
  for (int address : addresses) static_cast<void>(address);
  if (!buggy) done.Close();
}

void Dial(const Chan<int>& addresses, const Chan<Unit>& connected, bool buggy) {
  auto done = MakeChan<Unit>();
  Go([addresses, done, buggy] { WatchAddresses(addresses, done, buggy); });
  done.Recv();
  connected.Close();
}

KERNEL(grpc_1424, "Channel", "PART LEAK") {
  auto addresses = MakeChan<int>();
  auto connected = MakeChan<Unit>();
  Go([addresses, connected, buggy] {
    Go([addresses, connected, buggy] { Dial(addresses, connected, buggy); });
    addresses.Close();
  });
}

}  // namespace
}  // namespace goker
