// A handler writes to a stream after it has itself closed its queue.
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct HandlerTransport {
  Chan<int> writes = MakeChan<int>();
  Chan<Unit> closed = MakeChan<Unit>();

  void Write(int frame) { Select(OnSend(writes, frame), OnRecv(closed)); }
  void WriteStatus(bool buggy) {
    Write(0);
    if (buggy) {
      writes.Close();
    } else {
      closed.Close();
    }
  }
  void Run() {
    for (bool ended = false; !ended;) {
      Select(OnRecv(writes, [&](std::optional<int> frame) { ended = !frame.has_value(); }),
             OnRecv(closed, [&] { ended = true; }));
    }
  }
};

KERNEL(grpc_1687, "Misuse channel", "PANIC") {
  auto transport = std::make_shared<HandlerTransport>();
  Go([transport, buggy] {
    transport->WriteStatus(buggy);
    transport->Write(1);
  });
  transport->Run();
}

}  // namespace
}  // namespace goker
