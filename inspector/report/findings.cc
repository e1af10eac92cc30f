#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "inspector/report/layout.h"
#include "inspector/report/object_state.h"

namespace muster::inspector {
namespace {

using report::Layout;
using report::ObjectState;
using report::Style;

constexpr size_t kMaxStacks = 8;   // different stacks that one finding shows
constexpr size_t kMaxObjects = 8;  // objects that it lists

Style StyleOf(Certainty certainty) {
  switch (certainty) {
    case Certainty::kProven:
      return Style::kRed;
    case Certainty::kCertainNow:
      return Style::kYellow;
    case Certainty::kSuspected:
      return Style::kCyan;
  }
  return Style::kPlain;
}

// Goroutines that have everything in common but their id are shown as one.
struct Alike {
  std::vector<uint64_t> ids;
  const Goroutine* first = nullptr;
  int64_t longest_ns = -1;
  int64_t longest_run_ns = 0;
};

std::vector<Alike> GatherAlike(const Finding& finding, const Layout& layout) {
  std::vector<Alike> gathered;
  std::map<std::tuple<StackId, StackId, std::string_view, uint64_t>, size_t> known;
  for (const uint64_t id : finding.goroutines) {
    const Goroutine* g = layout.Find(id);
    if (g == nullptr) continue;
    const auto [it, fresh] = known.emplace(
        std::make_tuple(g->stack, g->creation_stack, g->status(), g->parent_id), gathered.size());
    if (fresh) gathered.push_back({{}, g, -1, 0});
    Alike& alike = gathered[it->second];
    alike.ids.push_back(id);
    alike.longest_ns = std::max(alike.longest_ns, g->wait_ns.value_or(-1));
    alike.longest_run_ns = std::max(alike.longest_run_ns, g->running_ns.value_or(0));
  }
  return gathered;
}

void WriteGoroutines(const Finding& finding, Layout* layout) {
  const std::vector<Alike> gathered = GatherAlike(finding, *layout);
  std::ostream& out = layout->out();
  for (size_t i = 0; i < std::min(gathered.size(), kMaxStacks); ++i) {
    const Alike& alike = gathered[i];
    const Goroutine& g = *alike.first;
    const std::string name = alike.ids.size() == 1
                                 ? layout->words().Name(g)
                                 : layout->words().Names(alike.ids, alike.ids.size());
    out << "\n  " << layout->In(Style::kBold, name) << " [" << g.status();
    if (!g.status_flags.empty()) out << " " << g.status_flags;
    if (alike.longest_ns >= 0) {
      out << ", "
          << (alike.ids.size() > 1    ? "up to "
              : g.wait_is_lower_bound ? "at least "
                                      : "")
          << FormatDuration(alike.longest_ns);
    }
    if (alike.longest_run_ns >= report::kLongRun) {
      out << ", for " << (alike.ids.size() > 1 ? "up to " : "")
          << FormatDuration(alike.longest_run_ns) << " without giving way";
    }
    out << "]\n";
    layout->Frames(g.stack, 6);
    if (!g.stack_note.empty()) layout->Wrap(absl::StrCat("(", g.stack_note, ")"), 6);
    layout->CreatedBy(g.creation_stack, g.parent_id, 4);
  }
  if (gathered.size() > kMaxStacks) {
    size_t more = 0;
    for (size_t i = kMaxStacks; i < gathered.size(); ++i) more += gathered[i].ids.size();
    out << "\n  and " << analysis::Count(more, "more goroutine") << " in "
        << analysis::Count(gathered.size() - kMaxStacks, "other stack") << "\n";
  }
}

void WriteObjects(const Snapshot& snapshot, const Finding& finding, Layout* layout) {
  std::vector<std::string> lines;
  for (const uint64_t address : finding.objects) {
    const Resource* resource = snapshot.FindResource(address);
    if (resource == nullptr) continue;
    if (lines.size() == kMaxObjects) {
      lines.push_back("and more");
      break;
    }
    lines.push_back(absl::StrCat(layout->words().Object(resource->kind, address),
                                 ObjectState(*resource, *layout)));
  }
  if (lines.empty()) return;
  layout->out() << "\n  objects\n";
  for (const std::string& line : lines) layout->Wrap(line, 8, "    - ");
}

void WriteFinding(const Snapshot& snapshot, const Finding& finding, size_t number, Layout* layout) {
  layout->out() << "\n"
                << number << ". "
                << layout->In(StyleOf(finding.certainty), ToString(finding.certainty)) << " | "
                << layout->In(Style::kBold, finding.rule) << " | " << finding.title << "\n\n";
  layout->Wrap(finding.explanation, 2);
  WriteGoroutines(finding, layout);
  WriteObjects(snapshot, finding, layout);
  if (finding.actors.empty()) return;
  layout->out() << "\n  to go on\n";
  for (const std::string& actor : finding.actors) layout->Wrap(actor, 6, "    - ");
}

// "2 findings (1 proven, 1 suspected)".
std::string Totals(const std::vector<Finding>& findings) {
  std::map<Certainty, size_t> counts;
  for (const Finding& finding : findings) ++counts[finding.certainty];
  std::string text;
  for (const auto& [certainty, count] : counts) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", count, " ", ToString(certainty));
  }
  return absl::StrCat(analysis::Count(findings.size(), "finding"), " (", text, ")");
}

}  // namespace

void WriteFindings(const Snapshot& snapshot, const std::vector<Finding>& findings,
                   std::ostream& out, const ReportOptions& options) {
  Layout layout(snapshot, out, options);
  out << layout.In(Style::kBold, report::SourceName(snapshot)) << ": "
      << (findings.empty() ? "no findings" : Totals(findings)) << ": " << report::NofM(snapshot)
      << " looked at\n";
  for (size_t i = 0; i < findings.size(); ++i) {
    WriteFinding(snapshot, findings[i], i + 1, &layout);
  }
  layout.Notes(snapshot.total());
}

}  // namespace muster::inspector
