// A goroutine in a blocking call will wake the other.
#include <unistd.h>
#include <cstdlib>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(blocking_region) {
  Chan<int> chan = MakeChan<int>();
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  Go([chan, fd = ends[0]] {
    char byte;
    muster::Blocking([&] { return read(fd, &byte, 1); });
    chan.Close();
  });
  Go([chan] { chan.Recv(); });
  chan = Chan<int>();
  Look();
  if (write(ends[1], "x", 1) != 1) std::abort();
  close(ends[1]);
}

}  // namespace
}  // namespace healthy
