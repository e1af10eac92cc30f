// Crew: goroutines that a test starts and waits for.
#ifndef MUSTER_TESTS_RUNTIME_CHAN_CREW_H_
#define MUSTER_TESTS_RUNTIME_CHAN_CREW_H_

#include <functional>
#include <string>
#include <utility>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/panic.h"

namespace muster::testing {

// Join returns when every body has returned, its locals destroyed. Bodies should capture what they
// count by reference: the closure itself is destroyed a moment later.
class Crew {
 public:
  void Start(std::function<void()> body) {
    ++started_;
    Go([done = done_, body = std::move(body)] {
      body();
      done.Send(true);
    });
  }
  void Join() {
    for (; started_ > 0; --started_) done_.Recv();
  }

 private:
  Chan<bool> done_ = MakeChan<bool>();
  int started_ = 0;
};

// What the Panic said that `body` threw; "no panic" when it threw none.
template <typename Body>
std::string PanicText(Body body) {
  try {
    body();
  } catch (const Panic& panic) {
    return panic.what();
  }
  return "no panic";
}

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_CHAN_CREW_H_
