// A filter plugin counts its calls; the scheduler calls it from several workers.
#include <atomic>
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct FilterPlugin {
  int calls = 0;
  std::atomic<int> safe_calls{0};

  void Filter(bool buggy) {
    if (buggy) {
      ++calls;
    } else {
      ++safe_calls;
    }
  }
};

KERNEL(kubernetes_81091, "Data race", "RACE") {
  auto plugin = std::make_shared<FilterPlugin>();
  auto pieces = MakeChan<int>(2);
  for (int piece = 0; piece < 2; ++piece) pieces.Send(piece);
  pieces.Close();
  auto workers = std::make_shared<WaitGroup>();
  for (int i = 0; i < 2; ++i) {
    workers->Go([plugin, pieces, buggy] {
      if (pieces.Recv().has_value()) plugin->Filter(buggy);
    });
  }
  workers->Wait();
}

}  // namespace
}  // namespace goker
