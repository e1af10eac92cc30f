#include "runtime/sched/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

namespace muster::sched::futex {
namespace {

// The call as an instruction, since libc's syscall() writes errno, whose address a compiler may
// have kept from another thread.
long RawFutex(std::atomic<uint32_t>* word, int operation, uint32_t value, const timespec* timeout) {
#if defined(__x86_64__)
  long result;
  register const timespec* r10 __asm__("r10") = timeout;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(static_cast<long>(SYS_futex)), "D"(word), "S"(operation), "d"(value),
                     "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = SYS_futex;
  register long x0 __asm__("x0") = reinterpret_cast<long>(word);
  register long x1 __asm__("x1") = operation;
  register long x2 __asm__("x2") = value;
  register long x3 __asm__("x3") = reinterpret_cast<long>(timeout);
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
#else
#error "Muster needs a raw futex call for this architecture"
#endif
}

}  // namespace

bool Wait(std::atomic<uint32_t>* word, uint32_t expected, int64_t timeout_ns) {
  timespec timeout{};
  if (timeout_ns >= 0) {
    timeout.tv_sec = timeout_ns / 1'000'000'000;
    timeout.tv_nsec = timeout_ns % 1'000'000'000;
  }
  const long result = RawFutex(word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, expected,
                               timeout_ns >= 0 ? &timeout : nullptr);
  return result != -ETIMEDOUT;
}

void Wake(std::atomic<uint32_t>* word, int count) {
  RawFutex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, static_cast<uint32_t>(count), nullptr);
}

}  // namespace muster::sched::futex
