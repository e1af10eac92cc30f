// A worker pool is waited for, which closes its queue, while jobs are still handed in.
#include <memory>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Pool {
  Chan<int> work = MakeChan<int>(5);
  WaitGroup jobs;
  Once closing;

  void Go(int job) {
    jobs.Add(1);
    work.Send(job);
  }
  void Run() {
    for (int job : work) {
      static_cast<void>(job);
      jobs.Done();
    }
  }
  void Wait() {
    closing.Do([this] {
      work.Close();
      jobs.Wait();
    });
  }
};

KERNEL(serving_3068, "Misuse channel", "PANIC RACE") {
  auto pool = std::make_shared<Pool>();
  auto handed_in = std::make_shared<WaitGroup>();
  handed_in->Add(5);
  muster::Go([pool] { pool->Run(); });
  muster::Go([pool, handed_in] {
    for (int job = 0; job < 5; ++job) {
      pool->Go(job);
      time::Sleep(absl::Milliseconds(1));
      handed_in->Done();
    }
  });
  if (buggy) pool->Wait();
  handed_in->Wait();
  if (!buggy) pool->Wait();
}

}  // namespace
}  // namespace goker
