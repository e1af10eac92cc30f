// Poller: asks every process once an interval, all at the same time.
//
// Each poll has a thread of its own for its length, so that a process which hangs holds up nobody:
// when the time limit passes the poll counts as failed, the round goes on, and the process is not
// asked again until the thread that waits for it has come back.
#ifndef TOOLS_MUSTERD_POLLER_H_
#define TOOLS_MUSTERD_POLLER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "tools/musterd/poll.h"

namespace muster::musterd {

// What the poller reports to. Called on the thread that runs Run(), one call at a time.
class PollSink {
 public:
  virtual ~PollSink() = default;
  virtual void OnPoll(const PollResult& result) = 0;
  // The round is over; `running` are the processes that it found.
  virtual void OnCycle(const std::vector<Process>& running) = 0;
};

class Poller {
 public:
  using ListFunction = std::function<std::vector<Process>()>;
  // Runs on threads of its own, possibly longer than the poller itself.
  using PollFunction = std::function<PollResult(const Process&)>;

  struct Options {
    absl::Duration interval = absl::Seconds(10);
    absl::Duration timeout = absl::Seconds(5);
  };

  Poller(const Options& options, ListFunction list, PollFunction poll, PollSink* sink);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Run polls until Stop() is called.
  void Run();
  // Stop makes Run() return soon, without waiting for unanswered polls. Thread-safe.
  void Stop();
  // The polls whose threads have not come back.
  int Unfinished() const;

 private:
  struct Shared;

  void Round();
  void StartPoll(const Process& process);
  void AwaitAnswers(absl::Time deadline);

  const Options options_;
  const ListFunction list_;
  PollSink* const sink_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_POLLER_H_
