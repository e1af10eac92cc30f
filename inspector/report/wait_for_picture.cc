// The wait-for graph as a picture that needs no other program and nothing from elsewhere.
#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "inspector/report/layered.h"
#include "inspector/report/layout.h"
#include "inspector/report/markup.h"
#include "inspector/report/wait_for_words.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::Cell;
using report::EdgeName;
using report::Markup;
using report::NodeDetail;
using report::NodeName;

constexpr int kBoxWidth = 250;
constexpr int kBoxHeight = 38;
constexpr int kColumn = 400;  // a box and the room for what its edges are called
constexpr int kRow = 62;
constexpr int kMargin = 20;
constexpr int kTop = 40;
constexpr size_t kBoxCharacters = 36;
constexpr size_t kEdgeCharacters = 26;

constexpr char kStyle[] =
    "text{font:11px monospace;fill:#111}"
    ".head{font-size:14px}"
    ".back{fill:#fff}"
    ".box{fill:#eef3fb;stroke:#44618f}"
    ".object{fill:#f6f1df;stroke:#8a7433}"
    ".edge{fill:none;stroke:#666}"
    ".what{font-size:10px;fill:#555}"
    ".cycle{stroke:#c00;stroke-width:2}"
    ".more{fill:#555}";

struct Point {
  int x = 0;
  int y = 0;
};

Point CornerOf(const Cell& cell) {
  return {kMargin + static_cast<int>(cell.column) * kColumn,
          kTop + static_cast<int>(cell.row) * kRow};
}

void WriteNode(const WaitFor::Node& node, const Cell& cell, const analysis::Words& words,
               std::ostream& out) {
  const Point at = CornerOf(cell);
  const std::string name = NodeName(node, words);
  const std::string detail = NodeDetail(node, words);
  out << absl::StreamFormat(
      "<g><title>%s</title><rect class=\"%s%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
      "rx=\"%d\"/><text x=\"%d\" y=\"%d\">%s</text><text class=\"more\" x=\"%d\" y=\"%d\">%s</text>"
      "</g>\n",
      Markup(absl::StrCat(name, " ", detail)), node.is_object ? "object" : "box",
      node.in_cycle ? " cycle" : "", at.x, at.y, kBoxWidth, kBoxHeight,
      node.is_object ? kBoxHeight / 2 : 3, at.x + 10, at.y + 15,
      Markup(report::Shortened(name, kBoxCharacters)), at.x + 10, at.y + 30,
      Markup(report::Shortened(detail, kBoxCharacters)));
}

// A curve from the right side of one box to the left side of the other; one that closes a cycle
// leads back below the boxes.
void WriteEdge(const WaitFor::Edge& edge, const std::vector<Cell>& cells,
               const analysis::Words& words, std::ostream& out) {
  const Point from = CornerOf(cells[edge.from]);
  const Point to = CornerOf(cells[edge.to]);
  std::string path;
  Point label;
  if (cells[edge.to].column > cells[edge.from].column) {
    const int x1 = from.x + kBoxWidth;
    const int y1 = from.y + kBoxHeight / 2;
    const int y2 = to.y + kBoxHeight / 2;
    const int bend = (to.x - x1) / 2;
    path = absl::StrFormat("M%d,%d C%d,%d %d,%d %d,%d", x1, y1, x1 + bend, y1, to.x - bend, y2,
                           to.x, y2);
    label = {x1 + 6, y1 + (y2 - y1) / 4 - 4};
  } else {
    const int x1 = from.x + kBoxWidth / 2;
    const int x2 = to.x + kBoxWidth / 2;
    const int y1 = from.y + kBoxHeight;
    const int y2 = to.y + kBoxHeight;
    const int low = std::max(y1, y2) + kRow / 2;
    path = absl::StrFormat("M%d,%d C%d,%d %d,%d %d,%d", x1, y1, x1, low, x2, low, x2, y2);
    label = {(x1 + x2) / 2, low - 6};
  }
  const std::string name = EdgeName(edge, words);
  out << absl::StreamFormat(
      "<path class=\"edge%s\" marker-end=\"url(#arrow)\" d=\"%s\"><title>%s</title></path>\n"
      "<text class=\"what\" x=\"%d\" y=\"%d\">%s</text>\n",
      edge.in_cycle ? " cycle" : "", path, Markup(name), label.x, label.y,
      Markup(report::Shortened(name, kEdgeCharacters)));
}

}  // namespace

void WriteWaitForSvg(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out) {
  const analysis::Words words(snapshot);
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (const WaitFor::Edge& edge : graph.edges) edges.emplace_back(edge.from, edge.to);
  const std::vector<Cell> cells = report::LayOut(static_cast<uint32_t>(graph.nodes.size()), edges);
  Point corner = {600, kTop};
  for (const Cell& cell : cells) {
    const Point at = CornerOf(cell);
    corner = {std::max(corner.x, at.x + kBoxWidth + kMargin), std::max(corner.y, at.y + kRow)};
  }
  corner.y += kMargin;
  out << absl::StreamFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
      "height=\"%d\">\n"
      "<style>%s</style>\n<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
      "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" "
      "fill=\"#444\"/></marker></defs>\n<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n"
      "<text class=\"head\" x=\"%d\" y=\"20\">%s</text>\n",
      corner.x, corner.y, corner.x, corner.y, kStyle, corner.x, corner.y, kMargin,
      Markup(absl::StrCat(report::SourceName(snapshot), ": who waits for what",
                          graph.nodes.empty() ? " (nobody for anything that others have)" : "")));
  for (const WaitFor::Edge& edge : graph.edges) WriteEdge(edge, cells, words, out);
  for (size_t i = 0; i < cells.size(); ++i) WriteNode(graph.nodes[i], cells[i], words, out);
  out << "</svg>\n";
}

}  // namespace muster::inspector
