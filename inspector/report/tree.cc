#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/report/json.h"
#include "inspector/report/layout.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::Json;
using report::Layout;
using report::Style;

// Deeper nodes are not moved further to the right; their depth is printed instead.
constexpr size_t kDeepest = 24;

std::string NameOf(const CreationTree::Node& node, const analysis::Words& words) {
  if (node.ids.empty()) return analysis::Count(node.count, "goroutine");
  return node.count == 1 ? words.Name(node.ids.front()) : words.Names(node.ids, node.count, 3);
}

void WriteNode(const CreationTree::Node& node, const std::string& margin, Layout* layout) {
  std::ostream& out = layout->out();
  out << margin;
  if (node.depth > kDeepest) out << "(depth " << node.depth << ") ";
  const analysis::Words& words = layout->words();
  if (node.count > 1 && !node.ids.empty()) out << node.count << " x ";
  out << layout->In(Style::kBold, NameOf(node, words));
  if (node.goroutine == nullptr) {
    out << layout->In(Style::kDim, node.count == 1 ? " has ended" : " have ended") << "\n";
    return;
  }
  const Goroutine& goroutine = *node.goroutine;
  out << " [" << layout->In(Style::kYellow, std::string(goroutine.status()));
  if (node.count == 1 && goroutine.wait_ns.has_value()) {
    out << ", " << FormatDuration(*goroutine.wait_ns);
  }
  out << "]";
  if (const Frame* frame = words.UserFrame(goroutine.stack)) {
    out << " " << analysis::DisplayName(*frame);
    if (!frame->file.empty()) {
      out << " at " << layout->In(Style::kCyan, analysis::BaseName(analysis::PlaceOf(*frame)));
    }
  }
  const std::string created = words.Place(goroutine.creation_stack);
  if (!created.empty()) out << ", created at " << layout->In(Style::kCyan, created);
  out << "\n";
}

}  // namespace

void WriteTree(const Snapshot& snapshot, const CreationTree& tree, std::ostream& out,
               const ReportOptions& options) {
  Layout layout(snapshot, out, options);
  out << layout.In(Style::kBold, report::SourceName(snapshot)) << ": " << report::NofM(snapshot)
      << ", under who created them\n\n";
  struct Turn {
    uint32_t node;
    bool is_last;
    std::string margin;  // of its children's lines
  };
  std::vector<Turn> stack;
  const auto push = [&stack](const std::vector<uint32_t>& nodes, const std::string& margin) {
    for (size_t i = nodes.size(); i > 0; --i) {
      stack.push_back({nodes[i - 1], i == nodes.size(), margin});
    }
  };
  push(tree.roots, "");
  while (!stack.empty()) {
    const Turn turn = std::move(stack.back());
    stack.pop_back();
    const CreationTree::Node& node = tree.nodes[turn.node];
    std::string below = turn.margin;
    if (node.depth == 0) {
      WriteNode(node, "", &layout);
    } else {
      WriteNode(node, turn.margin + (turn.is_last ? "`-- " : "|-- "), &layout);
      if (node.depth < kDeepest) below += turn.is_last ? "    " : "|   ";
    }
    push(node.children, below);
  }
  if (!tree.has_parents && snapshot.total() > 1) {
    out << "\n";
    layout.Wrap(tree.has_ids
                    ? "this dump does not say in which goroutine others were created"
                    : "this dump counts equal goroutines and names none; a debug=2 dump, or "
                      "/snapshot of a Muster process, says who created whom",
                6, "note: ");
  }
  layout.Notes(snapshot.total());
}

void WriteTreeJson(const Snapshot& snapshot, const CreationTree& tree, std::ostream& out) {
  const analysis::Words words(snapshot);
  Json json;
  json["source"] = snapshot.source;
  json["live"] = std::max(snapshot.total(), snapshot.live);
  // Nodes refer to each other by number, since a tree may be deeper than readers like to go.
  json["roots"] = tree.roots;
  Json& nodes = json["nodes"] = Json::array();
  for (const CreationTree::Node& node : tree.nodes) {
    Json item;
    item["count"] = node.count;
    item["ids"] = node.ids;
    if (node.goroutine == nullptr) {
      item["ended"] = true;
    } else {
      item["status"] = node.goroutine->status();
      item["at"] = report::JsonFrame(words.UserFrame(node.goroutine->stack));
      item["created_by"] = report::JsonFrame(words.UserFrame(node.goroutine->creation_stack));
    }
    item["children"] = node.children;
    nodes.push_back(std::move(item));
  }
  json["truncated"] = snapshot.truncated;
  json["notes"] = snapshot.notes;
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
