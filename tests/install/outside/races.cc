// Two goroutines that write one variable: with an argument in order, without one not.
#include <cstdio>

#include "muster/muster.h"

namespace {

int g_variable = 0;
__attribute__((noinline)) void Touch() { ++g_variable; }

}  // namespace

int main(int argc, char**) {
  muster::Run([ordered = argc > 1] {
    muster::Mutex mutex;
    muster::WaitGroup both;
    for (int i = 0; i < 2; ++i) {
      both.Go([&] {
        if (ordered) mutex.Lock();
        Touch();
        if (ordered) mutex.Unlock();
      });
    }
    both.Wait();
  });
  std::puts("ran to its end");
  return 0;
}
