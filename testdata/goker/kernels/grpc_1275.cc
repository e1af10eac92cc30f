// A stream is closed by a function that forgets its reader.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Stream {
  Chan<int> received = MakeChan<int>();

  void Close(bool buggy) {
    if (!buggy) received.Close();
  }
};

KERNEL(grpc_1275, "Channel", "PART LEAK") {
  auto stream = std::make_shared<Stream>();
  auto done = MakeChan<Unit>();
  Go([stream, done] {
    stream->received.Recv();
    done.Close();
  });
  stream->Close(buggy);
  Select(OnRecv(done), OnRecv(time::After(absl::Nanoseconds(300))));
}

}  // namespace
}  // namespace goker
