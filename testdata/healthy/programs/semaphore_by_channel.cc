// A buffered channel as a semaphore, all of it taken.
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

HEALTHY(semaphore_by_channel) {
  Chan<int> slots = MakeChan<int>(2);
  WaitGroup group;
  slots.Send(1);
  slots.Send(1);
  for (int i = 0; i < 4; ++i) {
    group.Go([slots] {
      slots.Send(1);
      slots.Recv();
    });
  }
  Look();
  slots.Recv();
  slots.Recv();
  group.Wait();
}

}  // namespace
}  // namespace healthy
