#include "tests/runtime/stack/frameless.h"

#include <alloca.h>

namespace muster::testing {
namespace {

// Behind each call, so that it is none that ends the function.
void NotTheEnd() { __asm__ volatile("" ::: "memory"); }

}  // namespace

template <int kCopy>
__attribute__((noinline)) void FramelessInner(Callee fn, void* arg) {
  fn(arg);
  NotTheEnd();
}

template <int kCopy>
__attribute__((noinline)) void FramelessOuter(Callee fn, void* arg) {
  FramelessInner<kCopy>(fn, arg);
  NotTheEnd();
}

template <int kCopy>
__attribute__((noinline)) void MisleadingBase(Callee fn, void* arg) {
#if defined(__x86_64__)
  __asm__ volatile("leaq -64(%%rsp), %%rbp" ::: "rbp", "memory");
#endif
  fn(arg);
  NotTheEnd();
}

template <int kCopy>
__attribute__((noinline)) void AlignedFrame(Callee fn, void* arg) {
  struct alignas(64) Line {
    char bytes[64];
  };
  Line line;
  auto* more = static_cast<char*>(alloca(reinterpret_cast<unsigned long>(arg) % 256 + 64));
  __asm__ volatile("" : : "r"(&line), "r"(more) : "memory");
  fn(arg);
  __asm__ volatile("" : : "r"(&line), "r"(more) : "memory");
}

#define MUSTER_INSTANTIATE(copy)                            \
  template void FramelessOuter<copy>(Callee fn, void* arg); \
  template void MisleadingBase<copy>(Callee fn, void* arg); \
  template void AlignedFrame<copy>(Callee fn, void* arg)
MUSTER_INSTANTIATE(0);
MUSTER_INSTANTIATE(1);
MUSTER_INSTANTIATE(2);
MUSTER_INSTANTIATE(3);

}  // namespace muster::testing
