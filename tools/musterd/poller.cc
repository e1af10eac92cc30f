#include "tools/musterd/poller.h"

#include <algorithm>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace muster::musterd {

// What the poll threads share with the poller. It lives until the last of them has ended.
struct Poller::Shared {
  explicit Shared(PollFunction function) : poll(std::move(function)) {}

  // An ask that was not answered yet. `given_up`: its time limit has passed, so an answer comes too
  // late to be of the round that it was asked in.
  struct Ask {
    absl::Time since;
    bool given_up = false;
  };

  const PollFunction poll;
  mutable absl::Mutex mutex;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::map<Process, Ask> unanswered ABSL_GUARDED_BY(mutex);
  std::vector<PollResult> answers ABSL_GUARDED_BY(mutex);

  // True when there is something to do for AwaitAnswers().
  bool Wakes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return stopping || !answers.empty() || AllGivenUp();
  }
  bool AllGivenUp() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return std::all_of(unanswered.begin(), unanswered.end(),
                       [](const auto& ask) { return ask.second.given_up; });
  }
};

namespace {

PollResult Failure(const Process& process, absl::Time since, std::string error) {
  PollResult result;
  result.process = process;
  result.at = since;
  result.duration = absl::Now() - since;
  result.error = std::move(error);
  return result;
}

}  // namespace

Poller::Poller(const Options& options, ListFunction list, PollFunction poll, PollSink* sink)
    : options_(options),
      list_(std::move(list)),
      sink_(sink),
      shared_(std::make_shared<Shared>(std::move(poll))) {}

Poller::~Poller() = default;

void Poller::Run() {
  absl::Time next = absl::Now();
  while (true) {
    Round();
    // A round that took longer than the interval is followed by the next one at once, but rounds
    // that were missed are not made up for.
    next = std::max(next + options_.interval, absl::Now());
    absl::MutexLock lock(&shared_->mutex);
    shared_->mutex.AwaitWithDeadline(absl::Condition(&shared_->stopping), next);
    if (shared_->stopping) return;
  }
}

void Poller::Stop() {
  absl::MutexLock lock(&shared_->mutex);
  shared_->stopping = true;
}

int Poller::Unfinished() const {
  absl::MutexLock lock(&shared_->mutex);
  return static_cast<int>(shared_->unanswered.size());
}

void Poller::Round() {
  const std::vector<Process> running = list_();
  const absl::Time deadline = absl::Now() + options_.timeout;
  for (const Process& process : running) StartPoll(process);
  AwaitAnswers(deadline);
  sink_->OnCycle(running);
}

void Poller::StartPoll(const Process& process) {
  const absl::Time now = absl::Now();
  absl::Time hangs_since = absl::InfiniteFuture();
  {
    absl::MutexLock lock(&shared_->mutex);
    const auto [ask, added] = shared_->unanswered.try_emplace(process, Shared::Ask{now, false});
    if (!added) hangs_since = ask->second.since;
  }
  if (hangs_since != absl::InfiniteFuture()) {
    sink_->OnPoll(
        Failure(process, now,
                absl::StrCat("still no answer to the poll of ",
                             absl::FormatDuration(absl::Floor(now - hangs_since, absl::Seconds(1))),
                             " ago")));
    return;
  }
  try {
    std::thread([shared = shared_, process] {
      PollResult result = shared->poll(process);
      absl::MutexLock lock(&shared->mutex);
      const auto ask = shared->unanswered.find(process);
      if (!ask->second.given_up) shared->answers.push_back(std::move(result));
      shared->unanswered.erase(ask);
    }).detach();
  } catch (const std::system_error& error) {
    {
      absl::MutexLock lock(&shared_->mutex);
      shared_->unanswered.erase(process);
    }
    sink_->OnPoll(Failure(process, now, absl::StrCat("cannot start a thread: ", error.what())));
  }
}

void Poller::AwaitAnswers(absl::Time deadline) {
  bool waiting = true;
  while (waiting) {
    std::vector<PollResult> results;
    {
      absl::MutexLock lock(&shared_->mutex);
      const bool in_time = shared_->mutex.AwaitWithDeadline(
          absl::Condition(shared_.get(), &Shared::Wakes), deadline);
      results.swap(shared_->answers);
      if (!in_time) {
        for (auto& [process, ask] : shared_->unanswered) {
          if (ask.given_up) continue;
          ask.given_up = true;
          results.push_back(
              Failure(process, ask.since,
                      absl::StrCat("no answer within ", absl::FormatDuration(options_.timeout))));
        }
      }
      waiting = !shared_->stopping && !shared_->AllGivenUp();
    }
    for (const PollResult& result : results) sink_->OnPoll(result);
  }
}

}  // namespace muster::musterd
