#include "inspector/report/wait_for_words.h"

#include "absl/strings/str_cat.h"
#include "muster/inspector/report.h"

namespace muster::inspector::report {

std::string NodeName(const WaitFor::Node& node, const analysis::Words& words) {
  if (node.is_object) return words.Object(node.kind, node.address);
  if (node.ids.empty()) return analysis::Count(node.count, "goroutine");
  if (node.count > 1) return words.Names(node.ids, node.count, 4);
  return node.goroutine != nullptr ? words.Name(*node.goroutine) : words.Name(node.ids.front());
}

std::string NodeDetail(const WaitFor::Node& node, const analysis::Words& words) {
  if (!node.is_object) {
    if (node.goroutine == nullptr) return "has ended";
    std::string text = absl::StrCat("[", std::string(node.goroutine->status()));
    if (node.count == 1 && node.goroutine->wait_ns.has_value()) {
      absl::StrAppend(&text, ", ", FormatDuration(*node.goroutine->wait_ns));
    }
    return absl::StrCat(text, "]", words.At(node.goroutine->stack));
  }
  if (node.resource == nullptr) return "";
  const Resource& resource = *node.resource;
  switch (node.kind) {
    case ObjectKind::kChan:
      return absl::StrCat(resource.length, " of ", resource.capacity, " buffered",
                          resource.closed ? ", closed" : "");
    case ObjectKind::kSemaphore:
      return absl::StrCat(resource.length, " of ", resource.capacity, " held");
    case ObjectKind::kWaitGroup:
      return absl::StrCat("counter ", resource.counter);
    default:
      return resource.owned_ns.has_value()
                 ? absl::StrCat("held for ", FormatDuration(*resource.owned_ns))
                 : "";
  }
}

std::string EdgeName(const WaitFor::Edge& edge, const analysis::Words& words) {
  const std::string place = words.Place(edge.taken_at);
  return place.empty() ? edge.what : absl::StrCat(edge.what, ", taken at ", place);
}

std::string CycleText(const WaitFor& graph, const std::vector<uint32_t>& cycle,
                      const analysis::Words& words) {
  std::string text;
  for (const uint32_t node : cycle) {
    absl::StrAppend(&text, NodeName(graph.nodes[node], words), " -> ");
  }
  return text + NodeName(graph.nodes[cycle.front()], words);
}

}  // namespace muster::inspector::report
