// A command that times out is reported while its output is still being copied.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Result {
  int exit_code = 0;
  int output_bytes = 0;
};

// The child process: something that writes until it has ended.
void Child(const std::shared_ptr<Result>& result) {
  time::Sleep(absl::Milliseconds(1));
  for (int byte = 0; byte < 100; ++byte) {
    ++result->output_bytes;
    runtime::Gosched();
  }
  result->exit_code = 1;
}

KERNEL(moby_18412, "Order violation", "RACE LEAK") {
  auto result = std::make_shared<Result>();
  auto done = MakeChan<Unit>();
  Go([result, done] {
    Child(result);
    done.Send({});
  });
  bool timed_out = false;
  Select(OnRecv(time::After(absl::Milliseconds(1)), [&] { timed_out = true; }), OnRecv(done));
  if (timed_out && !buggy) done.Recv();
  volatile int reported = result->output_bytes + result->exit_code;
  static_cast<void>(reported);
}

}  // namespace
}  // namespace goker
