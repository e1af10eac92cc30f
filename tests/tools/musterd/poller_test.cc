// Polls in parallel, time limits, and an end that waits for nobody.
#include "tools/musterd/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/tools/musterd/samples.h"

namespace muster::musterd {
namespace {

using ::testing::HasSubstr;

// Keeps what the poller reports.
class Log : public PollSink {
 public:
  void OnPoll(const PollResult& result) override {
    absl::MutexLock lock(&mutex_);
    results_.push_back(result);
  }
  void OnCycle(const std::vector<Process>&) override {
    absl::MutexLock lock(&mutex_);
    ++cycles_;
  }

  void AwaitCycles(int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count] { return cycles_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }
  std::vector<PollResult> ResultsOf(int pid) {
    absl::MutexLock lock(&mutex_);
    std::vector<PollResult> results;
    for (const PollResult& result : results_) {
      if (result.process.target.pid == pid) results.push_back(result);
    }
    return results;
  }

 private:
  absl::Mutex mutex_;
  int cycles_ = 0;
  std::vector<PollResult> results_;
};

PollResult Answer(const Process& process) { return SamplePoll(process, absl::Now()); }

// Runs a poller on a thread for the length of a scope.
class Running {
 public:
  explicit Running(Poller* poller) : poller_(poller), thread_([poller] { poller->Run(); }) {}
  ~Running() { Stop(); }
  void Stop() {
    poller_->Stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Poller* poller_;
  std::thread thread_;
};

const Poller::Options kFast{absl::Milliseconds(10), absl::Seconds(30)};

TEST(Poller, PollsEveryProcessEachRound) {
  Log log;
  // None in later rounds, in one of which the end may come.
  const auto list = [round = 0]() mutable {
    return ++round <= 3 ? std::vector<Process>{SampleProcess(1), SampleProcess(2)}
                        : std::vector<Process>();
  };
  Poller poller(kFast, list, Answer, &log);
  const Running running(&poller);
  log.AwaitCycles(3);
  EXPECT_EQ(log.ResultsOf(1).size(), 3u);
  EXPECT_EQ(log.ResultsOf(2).size(), 3u);
}

TEST(Poller, ProcessesThatNeedOneAnotherAreAskedAtTheSameTime) {
  Log log;
  auto first = std::make_shared<absl::Notification>();
  auto second = std::make_shared<absl::Notification>();
  Poller poller(
      kFast,
      [] {
        return std::vector<Process>{SampleProcess(1), SampleProcess(2)};
      },
      [first, second](const Process& process) {
        const bool is_first = process.target.pid == 1;
        absl::Notification& mine = is_first ? *first : *second;
        if (!mine.HasBeenNotified()) mine.Notify();
        (is_first ? *second : *first).WaitForNotification();
        return Answer(process);
      },
      &log);
  const Running running(&poller);
  log.AwaitCycles(1);
  EXPECT_TRUE(log.ResultsOf(1).front().ok());
  EXPECT_TRUE(log.ResultsOf(2).front().ok());
}

// Hangs when asked for process 1, until it is let go.
class Hanging {
 public:
  PollResult operator()(const Process& process) const {
    if (process.target.pid == 1) gate_->WaitForNotification();
    return Answer(process);
  }
  void LetGo() { gate_->Notify(); }

 private:
  std::shared_ptr<absl::Notification> gate_ = std::make_shared<absl::Notification>();
};

const Poller::Options kImpatient{absl::Milliseconds(10), absl::Milliseconds(50)};

TEST(Poller, ProcessThatHangsHoldsUpNobody) {
  Log log;
  Hanging hanging;
  Poller poller(
      kImpatient,
      [] {
        return std::vector<Process>{SampleProcess(1), SampleProcess(2)};
      },
      hanging, &log);
  Running running(&poller);
  // A busy machine may be late with an answer too, but not with all of them.
  const auto answers = [&log] {
    const auto results = log.ResultsOf(2);
    return std::count_if(results.begin(), results.end(), [](const auto& r) { return r.ok(); });
  };
  for (int cycles = 3; answers() < 3; ++cycles) log.AwaitCycles(cycles);
  running.Stop();
  const auto hung = log.ResultsOf(1);
  ASSERT_GE(hung.size(), 3u);
  EXPECT_THAT(hung[0].error, HasSubstr("no answer within 50ms"));
  EXPECT_THAT(hung[1].error, HasSubstr("still no answer"));
  hanging.LetGo();
}

TEST(Poller, ProcessThatHangsIsAskedOnceOnly) {
  Log log;
  Hanging hanging;
  Poller poller(
      kImpatient, [] { return std::vector<Process>{SampleProcess(1)}; }, hanging, &log);
  Running running(&poller);
  log.AwaitCycles(3);
  running.Stop();
  EXPECT_EQ(poller.Unfinished(), 1);
  hanging.LetGo();
}

TEST(Poller, ProcessThatComesBackIsPolledAgainAndItsLateAnswerDropped) {
  Log log;
  Hanging hanging;
  Poller poller(
      kImpatient, [] { return std::vector<Process>{SampleProcess(1)}; }, hanging, &log);
  const Running running(&poller);
  log.AwaitCycles(2);
  hanging.LetGo();
  // Rounds go on until one is answered.
  for (int cycles = 3; log.ResultsOf(1).back().ok() == false; ++cycles) log.AwaitCycles(cycles);
  const auto results = log.ResultsOf(1);
  EXPECT_FALSE(results[0].ok());
  EXPECT_FALSE(results[1].ok());
  EXPECT_LT(results.back().duration, absl::Milliseconds(50));  // SamplePoll's own 3 ms.
}

TEST(Poller, StopDoesNotWaitForAHangingProcess) {
  Log log;
  Hanging hanging;
  auto poller = std::make_unique<Poller>(
      Poller::Options{absl::Seconds(10), absl::Hours(1)},
      [] { return std::vector<Process>{SampleProcess(1)}; }, hanging, &log);
  {
    Running running(poller.get());
    // Stop comes while the answer is awaited, in whatever state the round is.
  }
  poller.reset();  // What the hanging thread uses outlives the poller.
  hanging.LetGo();
}

TEST(Poller, NoProcessesStillMakeRounds) {
  Log log;
  Poller poller(
      kFast, [] { return std::vector<Process>(); }, Answer, &log);
  const Running running(&poller);
  log.AwaitCycles(2);
}

}  // namespace
}  // namespace muster::musterd
