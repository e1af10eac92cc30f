// Rows are pushed into a channel whose only consumer failed to start.
#include <atomic>
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct RowChannel {
  Chan<int> rows = MakeChan<int>(16);
  std::atomic<bool> consumer_closed{false};

  void Push(int row) {
    if (!consumer_closed) rows.Send(row);
  }
  void ConsumerClosed() {
    consumer_closed = true;
    std::optional<int> row;
    rows.TryRecv(&row);  // lets a producer go on that is parked already
  }
};

KERNEL(cockroach_35073, "Channel", "PART GLOB LEAK") {
  auto channel = std::make_shared<RowChannel>();
  for (int row = 0; row < 16; ++row) channel->Push(row);
  auto outbox = std::make_shared<WaitGroup>();
  auto producer = std::make_shared<WaitGroup>();
  producer->Go([channel] { channel->Push(16); });
  outbox->Go([channel, buggy] {
    if (!buggy) channel->ConsumerClosed();
  });
  outbox->Wait();
  channel->Push(17);
  producer->Wait();
}

}  // namespace
}  // namespace goker
