// leak-unit: in a Go dump, several different stacks occur equally often (or one a small whole
// number of times as often as another). Each leaked thing — a connection, a request — leaves its
// few goroutines behind, so equal counts are one leak of that many units.
//
// Suspected: the counts of a healthy program may agree as well (a pool of 50 readers beside one of
// 50 writers). So it takes 50 units, a tenth of all goroutines, and one stack at least that does
// not wait for I/O: idle connections are no leak.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "inspector/analysis/dump_frames.h"

namespace muster::inspector::analysis {
namespace {

constexpr uint64_t kMinUnits = 50;
constexpr uint64_t kMinSharePercent = 10;
constexpr uint64_t kMaxRatio = 4;
constexpr size_t kLargest = 32;  // stacks that are compared with one another

// Counts of one leak differ by the few units that were just being made or torn down; a ratio must
// be exact, since by chance it is met much more easily.
bool Matches(uint64_t count, uint64_t unit) {
  const uint64_t distance = count > unit ? count - unit : unit - count;
  if (distance * 100 <= unit) return true;
  return count > unit && count % unit == 0 && count / unit <= kMaxRatio;
}

// What leaves goroutines of well-known libraries behind, by the function that they stand in.
struct Hint {
  std::string_view function;
  const char* text;
};

constexpr std::array<Hint, 3> kHints = {{
    {"net/http.(*persistConn).",
     "one pair for each connection of an HTTP client: read the body of every response to its end "
     "and close it, use one http.Client for all, and limit idle connections"},
    {"google.golang.org/grpc.(*addrConn).", "one for each grpc.ClientConn: close those not needed"},
    {"database/sql.(*DB).connectionOpener", "one for each sql.DB: open one and share it"},
}};

void AddHint(const Case& c, const Goroutine& g, Finding* finding) {
  for (const Frame* frame : ProgramFrames(c, g.stack)) {
    for (const Hint& hint : kHints) {
      if (!absl::StrContains(frame->function, std::string(hint.function))) continue;
      if (std::find(finding->actors.begin(), finding->actors.end(), hint.text) ==
          finding->actors.end()) {
        finding->actors.emplace_back(hint.text);
      }
    }
  }
}

struct Unit {
  uint64_t units = 0;
  uint64_t goroutines = 0;
  std::vector<const Pile*> piles;
};

Unit BestUnit(const Case& c, const std::vector<Pile>& piles) {
  Unit best;
  const size_t compared = std::min(piles.size(), kLargest);
  for (size_t k = 0; k < compared; ++k) {
    Unit unit;
    unit.units = piles[k].count;
    if (unit.units < kMinUnits) break;
    bool other_than_io = false;
    for (size_t m = 0; m < compared; ++m) {
      if (!Matches(piles[m].count, unit.units)) continue;
      unit.piles.push_back(&piles[m]);
      unit.goroutines += piles[m].count;
      other_than_io = other_than_io || !IsIoWait(c, piles[m].members.front());
    }
    if (unit.piles.size() < 2 || !other_than_io) continue;
    if (unit.goroutines > best.goroutines) best = std::move(unit);
  }
  return best;
}

}  // namespace

std::vector<Verdict> FindLeakUnits(const Case& c) {
  if (c.view.has_objects()) return {};
  const std::vector<Pile> piles =
      FindPiles(c, [](const Case& in, Index i) { return !in.explained[i]; });
  const Unit unit = BestUnit(c, piles);
  const uint64_t total = std::max(c.view.snapshot().total(), c.view.snapshot().live);
  if (unit.piles.empty() || unit.goroutines * 100 < total * kMinSharePercent) return {};
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "leak-unit";
  finding.certainty = Certainty::kSuspected;
  finding.title = absl::StrCat(unit.units, " units of ", unit.piles.size(), " stacks each");
  finding.count = unit.goroutines;
  std::vector<std::string> parts;
  for (const Pile* pile : unit.piles) {
    const Goroutine& first = c.at(pile->members.front());
    const Frame* frame = c.words.UserFrame(first.stack);
    parts.push_back(
        absl::StrCat(pile->count, " in ", frame == nullptr ? "an unknown stack" : Where(*frame)));
    AddHint(c, first, &finding);
    verdict.explains.insert(verdict.explains.end(), pile->members.begin(), pile->members.end());
  }
  finding.explanation = absl::StrFormat(
      "%s of %d (%.1f%%) stand in equal numbers, which looks like one leak of %d units: %s.",
      Count(unit.goroutines, "goroutine"), total,
      100.0 * static_cast<double>(unit.goroutines) / static_cast<double>(total), unit.units,
      Join(parts));
  return {std::move(verdict)};
}

}  // namespace muster::inspector::analysis
