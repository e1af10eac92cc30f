// valgrind_cases bad|good: reads a variable that nobody has written, or that somebody has.
#include <cstdio>
#include <string_view>

#include "muster/muster.h"

namespace {

__attribute__((noinline)) int* Hide(int* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

__attribute__((noinline)) void DecideByAVariable(bool written) {
  int variable;
  int* const hidden = Hide(&variable);
  if (written) *hidden = 1;
  if (*Hide(hidden) == 12345) std::puts("by chance");
}

}  // namespace

int main(int argc, char** argv) {
  const bool written = argc > 1 && argv[1] == std::string_view("good");
  muster::Run([written] {
    const auto turn = muster::MakeChan<int>();
    muster::WaitGroup done;
    for (int i = 0; i < 20; ++i) {
      done.Go([=] {
        turn.Recv();  // it comes back to its stack
        DecideByAVariable(written);
      });
    }
    for (int i = 0; i < 20; ++i) turn.Send(i);
    done.Wait();
  });
  std::puts("ran to its end");
  return 0;
}
