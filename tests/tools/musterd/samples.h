// Made-up polls for the tests of musterd's parts.
#ifndef TESTS_TOOLS_MUSTERD_SAMPLES_H_
#define TESTS_TOOLS_MUSTERD_SAMPLES_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "tools/musterd/poll.h"

namespace muster::musterd {

inline const absl::Time kStart = absl::FromUnixSeconds(1700000000);

inline Process SampleProcess(int pid, const std::string& command = "server") {
  Process process;
  process.target.pid = pid;
  process.target.command = command;
  process.target.socket = absl::StrCat("/run/muster/", pid, ".sock");
  process.start_time = 1000 + static_cast<uint64_t>(pid);
  return process;
}

inline PollResult SamplePoll(const Process& process, absl::Time at) {
  PollResult result;
  result.process = process;
  result.at = at;
  result.duration = absl::Milliseconds(3);
  result.live = 5;
  result.captured = 5;
  result.by_state = {{"chan receive", 3}, {"running", 2}};
  return result;
}

inline PollResult FailedPoll(const Process& process, absl::Time at) {
  PollResult result;
  result.process = process;
  result.at = at;
  result.duration = absl::Seconds(5);
  result.error = "no answer within 5s";
  return result;
}

inline SeenFinding SampleFinding(const std::string& fingerprint) {
  SeenFinding seen;
  seen.fingerprint = fingerprint;
  seen.finding.rule = "lock-cycle";
  seen.finding.certainty = inspector::Certainty::kProven;
  seen.finding.title = "lock cycle of 2 goroutines";
  seen.finding.explanation = "goroutines 7 and 8 wait for each other.";
  seen.finding.goroutines = {7, 8};
  seen.finding.objects = {0xc0de};
  seen.finding.actors = {"goroutine 7 must unlock"};
  seen.finding.count = 2;
  seen.report = "evidence";
  return seen;
}

}  // namespace muster::musterd

#endif  // TESTS_TOOLS_MUSTERD_SAMPLES_H_
