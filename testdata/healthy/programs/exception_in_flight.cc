// Who waits inside a catch block has the channel in the exception.
#include <utility>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

struct Carrier {
  Chan<int> chan;
};

HEALTHY(exception_in_flight) {
  Chan<int> go_on = MakeChan<int>();
  Chan<int> chan = MakeChan<int>();
  Go([chan] { chan.Recv(); });
  Go([chan, go_on]() mutable {
    try {
      throw Carrier{std::move(chan)};
    } catch (const Carrier& carrier) {
      go_on.Recv();
      carrier.chan.Close();
    }
  });
  chan = Chan<int>();
  Look();
  go_on.Close();
}

}  // namespace
}  // namespace healthy
