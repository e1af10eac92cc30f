// Flame graphs: stacks merged from the root on, drawn as boxes as wide as the goroutines in them
// are many. The page has its script and its style inside and loads nothing.
#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "inspector/analysis/words.h"
#include "inspector/formats/visible.h"
#include "inspector/report/flame_page.h"
#include "inspector/report/json.h"
#include "inspector/report/layout.h"
#include "inspector/report/markup.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::Json;

struct Box {
  std::string name = {};
  std::string place = {};  // "" when not known, and for a state
  bool is_state = false;
  uint64_t count = 0;
  uint32_t depth = 0;
  std::map<std::pair<std::string, bool>, uint32_t> children = {};  // by name, and whether a state
};

// Boxes by number, the root first: stacks may be too deep for recursion.
class Flames {
 public:
  Flames(const Snapshot& snapshot, const FlameOptions& options)
      : snapshot_(snapshot), options_(options), folding_(snapshot, options.all_frames) {
    boxes_.push_back({.name = options.by_creation ? "created at" : "all"});
    for (const Goroutine& goroutine : snapshot.goroutines) {
      if (goroutine.kind != Kind::kThread) Add(goroutine);
    }
  }

  const std::vector<Box>& boxes() const { return boxes_; }

 private:
  void Add(const Goroutine& goroutine) {
    uint32_t at = 0;
    boxes_[at].count += goroutine.count;
    const std::span<const FrameId> frames =
        folding_.Frames(options_.by_creation ? goroutine.creation_stack : goroutine.stack);
    for (auto id = frames.rbegin(); id != frames.rend(); ++id) {
      const Frame& frame = snapshot_.frames[*id];
      std::string name = analysis::DisplayName(frame);
      if (frame.function.empty() && !frame.module.empty()) {
        name =
            absl::StrCat(analysis::BaseName(frame.module), "+0x", absl::Hex(frame.module_offset));
      }
      at = Child(at, std::move(name), false, goroutine.count);
      if (boxes_[at].place.empty()) boxes_[at].place = analysis::PlaceOf(frame);
    }
    Child(at, absl::StrCat("[", std::string(goroutine.status()), "]"), true, goroutine.count);
  }

  uint32_t Child(uint32_t parent, std::string name, bool is_state, uint64_t count) {
    const auto next = static_cast<uint32_t>(boxes_.size());
    const auto [it, fresh] = boxes_[parent].children.try_emplace({name, is_state}, next);
    const uint32_t at = it->second;
    if (fresh) {
      const uint32_t depth = boxes_[parent].depth + 1;
      boxes_.push_back({.name = std::move(name), .is_state = is_state, .depth = depth});
    }
    boxes_[at].count += count;
    return at;
  }

  const Snapshot& snapshot_;
  const FlameOptions& options_;
  const formats::Folding folding_;
  std::vector<Box> boxes_;
};

// Calls `visit` with each box, parents first, siblings side by side, and how many goroutines are
// to the left of it.
template <typename Visit>
void ForEach(const std::vector<Box>& boxes, const Visit& visit) {
  std::vector<std::pair<uint32_t, uint64_t>> stack = {{0, 0}};
  while (!stack.empty()) {
    const auto [at, left] = stack.back();
    stack.pop_back();
    visit(boxes[at], left);
    std::vector<std::pair<uint32_t, uint64_t>> children;
    uint64_t next = left;
    for (const auto& [key, child] : boxes[at].children) {
      children.emplace_back(child, next);
      next += boxes[child].count;
    }
    stack.insert(stack.end(), children.rbegin(), children.rend());
  }
}

constexpr double kWidth = 1200;
constexpr int kRow = 18;
constexpr int kTop = 40;
constexpr double kCharacter = 6.6;  // of the font that the style names
constexpr double kNarrowest = 0.2;  // boxes that nobody could see are not drawn

// The same function has the same colour in every picture.
std::string Colour(const Box& box) {
  uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : box.name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  if (box.is_state) return absl::StrFormat("hsl(%d,45%%,72%%)", 195 + hash % 30);
  return absl::StrFormat("hsl(%d,%d%%,62%%)", 8 + hash % 42, 65 + (hash >> 8) % 25);
}

void WriteBox(const Box& box, double x, double width, uint64_t all, std::ostream& out) {
  const double share =
      all == 0 ? 0 : 100.0 * static_cast<double>(box.count) / static_cast<double>(all);
  const std::string title =
      absl::StrCat(box.name, box.place.empty() ? "" : " at ", box.place, ": ",
                   analysis::Count(box.count, "goroutine"), absl::StrFormat(", %.1f %%", share));
  const int y = kTop + static_cast<int>(box.depth) * kRow;
  const auto fits = static_cast<size_t>(std::max(0.0, width - 6) / kCharacter);
  out << absl::StreamFormat(
      "<g class=\"b\" data-n=\"%s\" data-x=\"%.2f\" data-w=\"%.2f\" data-d=\"%d\"><title>%s</title>"
      "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>"
      "<text x=\"%.2f\" y=\"%d\">%s</text></g>\n",
      report::Markup(box.name), x, width, box.depth, report::Markup(title), x, y, width, kRow - 1,
      Colour(box), x + 3, y + kRow - 5, report::Markup(report::Shortened(box.name, fits)));
}

void WriteSvg(const Snapshot& snapshot, const std::vector<Box>& boxes, const FlameOptions& options,
              std::ostream& out) {
  const uint64_t all = boxes.front().count;
  const double scale = all == 0 ? 0 : kWidth / static_cast<double>(all);
  uint32_t deepest = 0;
  uint64_t left_out = 0;
  for (const Box& box : boxes) {
    if (static_cast<double>(box.count) * scale < kNarrowest) {
      ++left_out;
    } else {
      deepest = std::max(deepest, box.depth);
    }
  }
  const int height = kTop + static_cast<int>(deepest + 2) * kRow + 10;
  out << absl::StreamFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%.0f\" "
      "height=\"%d\">\n<style>%s</style>\n<rect class=\"back\" width=\"%.0f\" height=\"%d\"/>\n"
      "<text class=\"head\" x=\"4\" y=\"18\">%s</text>\n"
      "<text id=\"all\" class=\"link\" x=\"%.0f\" y=\"18\">show all</text>\n"
      "<text id=\"find\" class=\"link\" x=\"%.0f\" y=\"18\">find</text>\n"
      "<text id=\"found\" x=\"4\" y=\"34\"></text>\n",
      kWidth, height, kWidth, height, report::kFlameStyle, kWidth, height,
      report::Markup(absl::StrCat(report::SourceName(snapshot), ": ", report::NofM(snapshot),
                                  options.by_creation ? ", by what created them" : "")),
      kWidth - 120, kWidth - 40);
  ForEach(boxes, [&](const Box& box, uint64_t left) {
    const double width = static_cast<double>(box.count) * scale;
    if (width < kNarrowest) return;
    WriteBox(box, static_cast<double>(left) * scale, width, all, out);
  });
  if (left_out > 0) {
    out << absl::StreamFormat("<text x=\"4\" y=\"%d\">%s too narrow to be drawn</text>\n",
                              height - 6,
                              left_out == 1 ? "1 box" : absl::StrCat(left_out, " boxes"));
  }
  out << "<script><![CDATA[" << report::kFlameScript << "]]></script>\n</svg>\n";
}

void WriteFolded(const std::vector<Box>& boxes, std::ostream& out) {
  std::vector<std::string> path;
  ForEach(boxes, [&](const Box& box, uint64_t) {
    path.resize(box.depth);
    // The form has no way to write a semicolon or a line end in a name.
    if (box.depth > 0) path.back() = absl::StrReplaceAll(box.name, {{";", ":"}, {"\n", " "}});
    if (!box.is_state) return;
    for (size_t i = 0; i < path.size(); ++i) out << (i == 0 ? "" : ";") << path[i];
    out << " " << box.count << "\n";
  });
}

void WriteJson(const Snapshot& snapshot, const std::vector<Box>& boxes, std::ostream& out) {
  Json json;
  json["source"] = snapshot.source;
  json["total"] = boxes.front().count;
  // Numbered, the root first: stacks may be deeper than readers like to go.
  Json& items = json["boxes"] = Json::array();
  for (const Box& box : boxes) {
    Json item;
    item["name"] = box.name;
    if (!box.place.empty()) item["place"] = box.place;
    if (box.is_state) item["state"] = true;
    item["value"] = box.count;
    Json& children = item["children"] = Json::array();
    for (const auto& [key, child] : box.children) children.push_back(child);
    items.push_back(std::move(item));
  }
  report::PrintJson(json, out);
}

}  // namespace

void WriteFlame(const Snapshot& snapshot, FlameForm form, std::ostream& out,
                const FlameOptions& options) {
  const Flames flames(snapshot, options);
  switch (form) {
    case FlameForm::kFolded:
      WriteFolded(flames.boxes(), out);
      break;
    case FlameForm::kJson:
      WriteJson(snapshot, flames.boxes(), out);
      break;
    case FlameForm::kSvg:
      WriteSvg(snapshot, flames.boxes(), options, out);
      break;
    case FlameForm::kHtml:
      out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
          << report::Markup(report::SourceName(snapshot))
          << ": goroutines</title></head>\n<body>\n";
      WriteSvg(snapshot, flames.boxes(), options, out);
      out << "</body></html>\n";
      break;
  }
}

}  // namespace muster::inspector
