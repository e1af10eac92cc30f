// A pool of workers that wait for jobs.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(idle_workers) {
  Chan<int> jobs = MakeChan<int>(4);
  WaitGroup workers;
  for (int i = 0; i < 8; ++i) {
    workers.Go([jobs] {
      while (jobs.Recv()) {
      }
    });
  }
  Look();
  jobs.Close();
  workers.Wait();
}

}  // namespace
}  // namespace healthy
