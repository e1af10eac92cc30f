// missing-done: goroutines wait for a WaitGroup whose counter can never come to zero. Whoever was
// to call Done has ended without, or can never run again.
//
// Proven, after a search of the process's memory (see unreachable.cc): nothing that can still run
// has a way to the WaitGroup, so nobody can call Done.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

uint64_t GroupOf(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (!c.view.IsOrdinary(i) || g.waits.size() != 1) return 0;
  if (!absl::StrContains(g.status_flags, "(leaked)")) return 0;
  const Wait& wait = g.waits.front();
  return wait.kind == ObjectKind::kWaitGroup ? wait.object : 0;
}

// ", whose counter is 2: two calls of Done are missing".
std::string Missing(const Resource* group) {
  if (group == nullptr || group->counter <= 0) return "";
  const auto missing = static_cast<uint64_t>(group->counter);
  return absl::StrCat(", whose counter is ", missing, ": ", Count(missing, "call"), " of Done ",
                      missing == 1 ? "is" : "are", " missing");
}

}  // namespace

std::vector<Verdict> FindMissingDones(const Case& c) {
  if (!c.view.snapshot().reachability_searched) return {};
  std::map<uint64_t, std::vector<Index>> waiting;  // by WaitGroup
  for (Index i = 0; i < c.view.size(); ++i) {
    const uint64_t group = GroupOf(c, i);
    if (group != 0 && !c.explained[i]) waiting[group].push_back(i);
  }
  std::vector<Verdict> verdicts;
  for (auto& [group, members] : waiting) {
    const Goroutine& first = c.at(members.front());
    const std::string name = c.words.Object(ObjectKind::kWaitGroup, group);
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "missing-done";
    finding.certainty = Certainty::kProven;
    finding.title = "a WaitGroup that nobody can count down";
    finding.goroutines = IdsOf(c, members);
    finding.objects = {group};
    finding.count = members.size();
    finding.explanation = absl::StrCat(
        c.words.Names(finding.goroutines, members.size()), c.words.Created({members.front()}),
        members.size() == 1 ? ", " : ", each ", c.words.Waits(first), " on ", name,
        Missing(c.view.ResourceAt(group)),
        "; no pointer to it can be found from anything that can still run, so nobody is left who "
        "could call Done.");
    finding.actors = {absl::StrCat("whoever was counted in ", name,
                                   " must call Done on every way out, also when it waits in vain")};
    verdict.explains = std::move(members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
