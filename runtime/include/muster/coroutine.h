// Coroutine: a goroutine that runs only while another one waits for it. What iter::Pull is made of.
#ifndef MUSTER_COROUTINE_H_
#define MUSTER_COROUTINE_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <utility>

#include "muster/callback.h"
#include "muster/sync.h"

namespace muster::sched {
struct G;
}

namespace muster::internal {

// The two sides hand the turn to one another. Each switch goes straight from one goroutine to the
// other, unless another P is quicker to take it. Both show as "coroutine" while they wait.
//
// Memory model: what either side does before it hands over happens before the other goes on.
class Coroutine {
 public:
  // `body()` is to run in the coroutine, which begins at the first Resume.
  explicit Coroutine(Callback body) : body_(std::move(body)) {}
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;
  // It must have ended, or never been resumed.
  ~Coroutine() = default;

  // Resume lets the body run until it yields (true) or has ended (false; always so from then on).
  // Throws the exception that has left the body, and calls Goexit if the body has, once. Throws
  // Panic("iter: next or stop called by several goroutines at once").
  bool Resume();
  // Abandon ends it before it has begun; false if it has.
  bool Abandon();
  bool ended() const { return ended_; }

  // Yield is called by the body: it waits for the next Resume.
  void Yield();

 private:
  enum class Begin : uint8_t { kNeither, kCallerWaits, kBodyWaits };
  class Turn;
  void Start();
  void WaitForBody(bool body_waits);
  void ReadyCaller();
  void Run();
  void EndBody();

  Callback body_;
  std::atomic<uint64_t> turn_of_{0};  // the goroutine that is in Resume; 0 none
  std::atomic<Begin> begin_{Begin::kNeither};
  // Of whoever has the turn.
  sched::G* caller_ = nullptr;
  sched::G* coroutine_ = nullptr;
  QueueLock thread_lock_;
  bool caller_is_thread_ = false;
  std::exception_ptr exception_;
  uint32_t bubble_ = 0;
  bool started_ = false;  // the goroutine is there
  bool begun_ = false;    // ... and has had its first turn
  bool ended_ = false;
  bool by_goexit_ = false;
  char to_body_ = 0;  // TSan addresses: what each side hands over
  char to_caller_ = 0;
};

}  // namespace muster::internal

#endif  // MUSTER_COROUTINE_H_
