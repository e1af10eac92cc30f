// A controller reports deletions before the test has said how many it expects.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

KERNEL(kubernetes_13058, "WaitGroup", "PANIC MISUSE") {
  auto deletions = std::make_shared<WaitGroup>();
  auto stop = MakeChan<Unit>();
  if (!buggy) deletions->Add(3);
  auto workers = std::make_shared<WaitGroup>();
  Go([deletions, stop, buggy] {
    for (int done = 0; Select(OnRecv(stop), OnDefault()) != 0;) {
      if (buggy || done < 3) deletions->Done();
      ++done;
      time::Sleep(absl::Milliseconds(1));
    }
  });
  if (buggy) deletions->Add(3);
  for (int i = 0; i < 3; ++i) workers->Go([] { runtime::Gosched(); });
  workers->Wait();
  deletions->Wait();
  stop.Close();
}

}  // namespace
}  // namespace goker
