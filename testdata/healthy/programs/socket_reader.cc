// A reader waits for a peer.
#include <cstdlib>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(socket_reader) {
  auto listener = muster::net::Listen("tcp", "127.0.0.1:0");
  if (!listener.ok()) std::abort();
  WaitGroup group;
  group.Go([&] { (void)listener->Accept(); });
  Look();
  (void)listener->Close();
  group.Wait();
}

}  // namespace
}  // namespace healthy
