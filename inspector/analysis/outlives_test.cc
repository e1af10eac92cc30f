// outlives-test: a goroutine still carries the label of a scope that is over (a test, say), which
// it inherited from whoever started it there.
//
// Certain now: it is there after the end. Whether it will end by itself a moment later, a snapshot
// cannot tell; the caller waits for things to settle first. Goroutines of other scopes carry other
// labels and are not blamed. This finding is given even where another explains why they are stuck:
// a gate asks which goroutines are left over, all of them.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

bool IsLeftOver(const Case& c, Index i) {
  const AnalyzeOptions& options = c.view.options();
  const Labels& labels = c.at(i).labels;
  return c.view.IsOrdinary(i) &&
         std::any_of(labels.begin(), labels.end(), [&options](const auto& label) {
           return label.first == options.ended_label_key &&
                  label.second == options.ended_label_value;
         });
}

// "one that waits in chan receive at a.cc:3 and two that ..." is more than a sentence needs: what
// the first of each kind does, with how many there are.
std::string WhatTheyDo(const Case& c, const std::vector<Index>& members) {
  std::map<std::string, uint64_t> doing;
  for (const Index i : members) {
    const Goroutine& g = c.at(i);
    const std::string what = g.state == State::kWaiting
                                 ? absl::StrCat(g.reason, c.words.At(g.stack))
                                 : absl::StrCat(std::string(g.status()), c.words.At(g.stack));
    doing[what] += g.count;
  }
  std::vector<std::string> parts;
  for (const auto& [what, count] : doing) {
    parts.push_back(doing.size() == 1 ? what : absl::StrCat(count, " in ", what));
  }
  if (parts.size() > 4) {
    const size_t more = parts.size() - 3;
    parts.resize(3);
    parts.push_back(absl::StrCat(more, " other states"));
  }
  return absl::StrCat(doing.size() == 1 ? "in " : "", Join(parts));
}

std::vector<std::string> WhoCouldWake(const Case& c, const std::vector<Index>& members) {
  std::vector<std::string> actors;
  for (const Index i : members) {
    for (const Wait& wait : c.at(i).waits) {
      if (wait.object == 0 || wait.kind != ObjectKind::kChan) continue;
      const char* act = wait.direction == Direction::kSend ? "receive from" : "send on or close";
      std::string actor =
          absl::StrCat("someone must ", act, " ", c.words.Object(wait.kind, wait.object));
      if (std::find(actors.begin(), actors.end(), actor) == actors.end()) {
        actors.push_back(std::move(actor));
      }
      if (actors.size() == 3) return actors;
    }
  }
  return actors;
}

}  // namespace

std::vector<Verdict> FindOutlivers(const Case& c) {
  const AnalyzeOptions& options = c.view.options();
  if (options.ended_label_key.empty()) return {};
  std::map<StackId, std::vector<Index>> by_creation;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (IsLeftOver(c, i)) by_creation[c.at(i).creation_stack].push_back(i);
  }
  std::vector<Verdict> verdicts;
  for (auto& [creation, members] : by_creation) {
    uint64_t count = 0;
    for (const Index i : members) count += c.at(i).count;
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "outlives-test";
    finding.certainty = Certainty::kCertainNow;
    finding.title = absl::StrCat(Count(count, "goroutine"), count == 1 ? " outlives " : " outlive ",
                                 options.ended_label_key, " ", options.ended_label_value);
    finding.goroutines = IdsOf(c, members);
    finding.count = count;
    finding.explanation =
        absl::StrCat(c.words.Names(finding.goroutines, count), c.words.Created(members),
                     count == 1 ? ", is still there after " : ", are still there after ",
                     options.ended_label_key, " ", options.ended_label_value,
                     " has ended: ", WhatTheyDo(c, members), ".");
    finding.actors = WhoCouldWake(c, members);
    verdict.explains = std::move(members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
