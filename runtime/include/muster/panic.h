// Panic is what misuse throws where Go panics.
#ifndef MUSTER_PANIC_H_
#define MUSTER_PANIC_H_

#include <stdexcept>
#include <string>

namespace muster {

// Panic is thrown for misuse that Go panics on: close of a closed or nil channel, send on a closed
// channel, unlock of an unlocked mutex, a negative WaitGroup counter. what() begins with Go's own
// words ("send on closed channel"), followed by what the record knows of the goroutines concerned.
// Uncaught, it ends the process as Go's panic does.
class Panic : public std::runtime_error {
 public:
  explicit Panic(const std::string& what) : std::runtime_error(what) {}
};

}  // namespace muster

#endif  // MUSTER_PANIC_H_
