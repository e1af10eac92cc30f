#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/report/json.h"
#include "inspector/report/layout.h"
#include "inspector/report/table.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::Json;
using report::Layout;
using report::Style;

std::vector<const Goroutine*> Sorted(const Snapshot& snapshot, ListOrder order) {
  std::vector<const Goroutine*> sorted;
  sorted.reserve(snapshot.goroutines.size());
  for (const Goroutine& goroutine : snapshot.goroutines) sorted.push_back(&goroutine);
  const auto before = [order](const Goroutine* a, const Goroutine* b) {
    switch (order) {
      case ListOrder::kState:
        if (a->status() != b->status()) return a->status() < b->status();
        break;
      case ListOrder::kWait:
        if (a->wait_ns != b->wait_ns) return a->wait_ns.value_or(-1) > b->wait_ns.value_or(-1);
        break;
      case ListOrder::kAge:
        if (a->age_ns != b->age_ns) return a->age_ns > b->age_ns;
        break;
      case ListOrder::kId:
        break;
    }
    return a->id < b->id;  // threads have the largest
  };
  std::stable_sort(sorted.begin(), sorted.end(), before);
  return sorted;
}

size_t Shown(size_t all, const ListOptions& options) {
  return options.limit == 0 ? all : std::min(all, options.limit);
}

std::string Name(const Goroutine& goroutine) {
  if (goroutine.kind == Kind::kThread) return absl::StrCat("thread ", goroutine.tid);
  if (goroutine.count > 1) return absl::StrCat(goroutine.count, " x");
  return goroutine.id == 0 ? "-" : absl::StrCat(goroutine.id);
}

std::string StateText(const Goroutine& goroutine) {
  std::string state(goroutine.status());
  if (!goroutine.status_flags.empty()) absl::StrAppend(&state, " ", goroutine.status_flags);
  if (goroutine.locked_to_thread) state += ", locked to thread";
  return state;
}

std::string WaitText(const Goroutine& goroutine) {
  if (!goroutine.wait_ns.has_value()) return "-";
  return absl::StrCat(goroutine.wait_is_lower_bound ? ">=" : "",
                      FormatDuration(*goroutine.wait_ns));
}

// "serve app.cc:12": what the program itself does there.
std::string Place(const analysis::Words& words, StackId stack) {
  const Frame* frame = words.UserFrame(stack);
  if (frame == nullptr) return "-";
  const std::string name = analysis::DisplayName(*frame);
  if (frame->file.empty()) return name;
  return absl::StrCat(name, " ", analysis::BaseName(analysis::PlaceOf(*frame)));
}

std::string Creator(const Layout& layout, const Goroutine& goroutine) {
  std::string text = Place(layout.words(), goroutine.creation_stack);
  if (goroutine.parent_id != 0) absl::StrAppend(&text, " in ", goroutine.parent_id);
  return text;
}

}  // namespace

void WriteList(const Snapshot& snapshot, std::ostream& out, const ReportOptions& options,
               const ListOptions& list) {
  Layout layout(snapshot, out, options);
  const std::vector<const Goroutine*> sorted = Sorted(snapshot, list.order);
  const size_t shown = Shown(sorted.size(), list);
  report::Table table({{"ID", report::Align::kRight},
                       {"STATE"},
                       {"WAIT", report::Align::kRight},
                       {"AGE", report::Align::kRight},
                       {"AT"},
                       {"CREATED BY"}});
  for (size_t i = 0; i < shown; ++i) {
    const Goroutine& goroutine = *sorted[i];
    table.Add({Name(goroutine), StateText(goroutine), WaitText(goroutine),
               goroutine.age_ns == 0 ? "-" : FormatDuration(goroutine.age_ns),
               Place(layout.words(), goroutine.stack), Creator(layout, goroutine)});
  }
  table.Print(out, [&layout](const std::string& head) { return layout.In(Style::kBold, head); });
  if (shown < sorted.size()) {
    out << "... " << analysis::Count(sorted.size() - shown, "more line") << "; see --limit\n";
  }
  layout.Notes(snapshot.total());
}

void WriteListJson(const Snapshot& snapshot, std::ostream& out, const ListOptions& list) {
  const analysis::Words words(snapshot);
  const std::vector<const Goroutine*> sorted = Sorted(snapshot, list.order);
  Json json;
  json["source"] = snapshot.source;
  json["live"] = std::max(snapshot.total(), snapshot.live);
  Json& goroutines = json["goroutines"] = Json::array();
  for (size_t i = 0; i < Shown(sorted.size(), list); ++i) {
    goroutines.push_back(report::JsonGoroutine(*sorted[i], words));
  }
  json["truncated"] = snapshot.truncated;
  json["notes"] = snapshot.notes;
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
