// The wait-for graph as text, for Graphviz, and for programs.
#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/formats/go_quote.h"
#include "inspector/report/json.h"
#include "inspector/report/layout.h"
#include "inspector/report/object_state.h"
#include "inspector/report/wait_for_words.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::CycleText;
using report::EdgeName;
using report::Json;
using report::Layout;
using report::NodeDetail;
using report::NodeName;
using report::Style;

struct Counts {
  uint64_t waiting = 0;
  uint64_t objects = 0;
};

Counts CountOf(const WaitFor& graph) {
  std::vector<bool> waits(graph.nodes.size());
  for (const WaitFor::Edge& edge : graph.edges) waits[edge.from] = true;
  Counts counts;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].is_object) {
      ++counts.objects;
    } else if (waits[i]) {
      counts.waiting += graph.nodes[i].count;
    }
  }
  return counts;
}

std::string Summary(const WaitFor& graph) {
  if (graph.nodes.empty()) return "no goroutine waits for anything that others have";
  const Counts counts = CountOf(graph);
  return absl::StrCat(analysis::Count(counts.waiting, "goroutine"),
                      counts.waiting == 1 ? " waits for " : " wait for ",
                      analysis::Count(counts.objects, "object"), ", ",
                      analysis::Count(graph.cycles.size(), "cycle"));
}

// An object, and under it who waits for it and how. Who holds it is in the first line.
void WriteObject(const WaitFor& graph, uint32_t object, const std::vector<uint32_t>& edges,
                 Layout* layout) {
  const WaitFor::Node& node = graph.nodes[object];
  const analysis::Words& words = layout->words();
  std::ostream& out = layout->out();
  out << "\n" << layout->In(node.in_cycle ? Style::kRed : Style::kBold, NodeName(node, words));
  if (node.resource != nullptr) out << report::ObjectState(*node.resource, *layout);
  out << "\n";
  for (const uint32_t at : edges) {
    const WaitFor::Edge& edge = graph.edges[at];
    const bool holds = edge.from == object;
    const WaitFor::Node& other = graph.nodes[holds ? edge.to : edge.from];
    if (holds && edge.what == "held by") continue;  // the first line says so
    out << "  " << (holds ? "<- " : "-> ") << EdgeName(edge, words) << ": "
        << layout->In(other.in_cycle ? Style::kRed : Style::kPlain, NodeName(other, words)) << " "
        << NodeDetail(other, words) << "\n";
  }
}

}  // namespace

void WriteWaitFor(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out,
                  const ReportOptions& options) {
  Layout layout(snapshot, out, options);
  out << layout.In(Style::kBold, report::SourceName(snapshot)) << ": " << Summary(graph) << "\n";
  if (!graph.cycles.empty()) out << "\n";
  for (const std::vector<uint32_t>& cycle : graph.cycles) {
    layout.Wrap(CycleText(graph, cycle, layout.words()), 7, layout.In(Style::kRed, "cycle: "));
  }
  std::vector<std::vector<uint32_t>> edges(graph.nodes.size());
  for (uint32_t i = 0; i < graph.edges.size(); ++i) {
    const WaitFor::Edge& edge = graph.edges[i];
    edges[graph.nodes[edge.from].is_object ? edge.from : edge.to].push_back(i);
  }
  std::vector<uint32_t> objects;
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].is_object) objects.push_back(i);
  }
  std::stable_partition(objects.begin(), objects.end(),
                        [&](uint32_t object) { return graph.nodes[object].in_cycle; });
  for (const uint32_t object : objects) WriteObject(graph, object, edges[object], &layout);
  layout.Notes(snapshot.total());
}

void WriteWaitForDot(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out) {
  const analysis::Words words(snapshot);
  const auto quoted = [](const std::string& text) { return formats::GoQuote(text); };
  out << "digraph wait_for {\n  label=" << quoted(report::SourceName(snapshot))
      << ";\n  rankdir=LR;\n  node [fontname=\"monospace\", fontsize=10];\n"
      << "  edge [fontname=\"monospace\", fontsize=9];\n";
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const WaitFor::Node& node = graph.nodes[i];
    const std::string detail = NodeDetail(node, words);
    const std::string label =
        detail.empty() ? NodeName(node, words) : absl::StrCat(NodeName(node, words), "\n", detail);
    out << "  n" << i << " [label=" << quoted(label)
        << (node.is_object ? ", shape=ellipse" : ", shape=box")
        << (node.in_cycle ? ", color=red, fontcolor=red" : "") << "];\n";
  }
  for (const WaitFor::Edge& edge : graph.edges) {
    out << "  n" << edge.from << " -> n" << edge.to << " [label=" << quoted(EdgeName(edge, words))
        << (edge.in_cycle ? ", color=red, penwidth=2" : "") << "];\n";
  }
  out << "}\n";
}

void WriteWaitForJson(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out) {
  const analysis::Words words(snapshot);
  Json json;
  json["source"] = snapshot.source;
  Json& nodes = json["nodes"] = Json::array();
  for (const WaitFor::Node& node : graph.nodes) {
    Json item;
    item["kind"] = node.is_object ? "object" : "goroutines";
    item["name"] = NodeName(node, words);
    item["detail"] = NodeDetail(node, words);
    if (node.is_object) {
      item["address"] = report::JsonAddress(node.address);
      item["type"] = record::ToString(node.kind);
    } else {
      item["count"] = node.count;
      item["ids"] = node.ids;
      if (node.goroutine == nullptr) {
        item["ended"] = true;
      } else {
        item["status"] = node.goroutine->status();
        item["at"] = report::JsonFrame(words.UserFrame(node.goroutine->stack));
      }
    }
    item["in_cycle"] = node.in_cycle;
    nodes.push_back(std::move(item));
  }
  Json& edges = json["edges"] = Json::array();
  for (const WaitFor::Edge& edge : graph.edges) {
    Json item = {{"from", edge.from}, {"to", edge.to}, {"what", edge.what}};
    if (const Frame* frame = words.UserFrame(edge.taken_at)) {
      item["taken_at"] = report::JsonFrame(frame);
    }
    item["in_cycle"] = edge.in_cycle;
    edges.push_back(std::move(item));
  }
  json["cycles"] = graph.cycles;
  json["truncated"] = snapshot.truncated;
  json["notes"] = snapshot.notes;
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
