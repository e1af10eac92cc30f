// Panic is what misuse throws where Go panics; SetPanicHandler is told of what nobody catches.
//
// Any exception that leaves a goroutine ends the process as Go's panic does: "panic: " and what it
// says, the stack of the throw, the stack that created the goroutine, exit status 2. How much is
// printed is up to MUSTER_TRACEBACK (docs/guide/panics.md). Go's recover is catch.
#ifndef MUSTER_PANIC_H_
#define MUSTER_PANIC_H_

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

namespace muster {
namespace internal {
class Misuse;
}

// Panic is thrown for misuse that Go panics on: close of a closed or nil channel, send on a closed
// channel, unlock of an unlocked mutex, a negative WaitGroup counter.
class Panic : public std::runtime_error {
 public:
  explicit Panic(const std::string& words) : std::runtime_error(words) {}
  explicit Panic(std::shared_ptr<const internal::Misuse> misuse);

  // what gives Go's own words ("send on closed channel") as its first line. Where two goroutines
  // had to come together for it, the object follows, and the stack of each, as far as the record
  // has it; where it has not, that is said:
  //
  //   send on closed channel
  //   chan 0x7f15ac0019e0, made by goroutine 1
  //   goroutine 7 sends on it:
  //   Produce(...)
  //       /src/produce.cc:41
  //   goroutine 5 closed it:
  //   Shutdown(...)
  //       /src/main.cc:23
  //
  // Addresses become names at the first call, which may take a second in a program with large debug
  // information; a Panic that nobody asks costs a walk of the stack only. Thread-safe.
  const char* what() const noexcept override;
  // words gives Go's own words alone.
  const char* words() const noexcept { return std::runtime_error::what(); }

 private:
  std::shared_ptr<const internal::Misuse> misuse_;  // null: there are the words only
};

namespace runtime {

// What a panic handler is told. Valid for the call only.
struct PanicInfo {
  uint64_t goroutine = 0;
  // As in the report, behind "panic: ".
  const char* what = "";
  // The exception; null when std::terminate was called without one.
  std::exception_ptr exception;
};
using PanicHandler = void (*)(const PanicInfo& info);

// SetPanicHandler has `handler` called when an exception leaves a goroutine, once the report has
// been printed and before the process ends: to flush logs, or to tell a supervisor. It runs on the
// goroutine that failed, at the end of the stack of the throw, while other goroutines run on. It
// cannot keep the process alive. It must return soon, must not throw, and must not use anything of
// Muster that blocks. Not called for signals, deadlocks and other fatal errors. nullptr removes it.
// Returns the handler that was there. Thread-safe.
PanicHandler SetPanicHandler(PanicHandler handler);

}  // namespace runtime
}  // namespace muster

#endif  // MUSTER_PANIC_H_
