#include "tools/muster-stress/tsan_report.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace muster::stress {
namespace {

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

bool IsSeparator(std::string_view line) {
  return line.size() >= 10 && line.find_first_not_of('=') == std::string_view::npos;
}

// The kind, if `line` opens a report: "WARNING: ThreadSanitizer: data race (pid=7)", or
// "==7==ERROR: ThreadSanitizer: SEGV on unknown address 0x0 (pc 0x1 ...)".
std::string KindOf(std::string_view line) {
  for (const std::string_view mark : {"WARNING: ThreadSanitizer: ", "ERROR: ThreadSanitizer: "}) {
    const size_t at = line.find(mark);
    if (at == std::string_view::npos) continue;
    std::string_view kind = line.substr(at + mark.size());
    for (const std::string_view end : {" (pid=", " on unknown address", " on address"}) {
      kind = kind.substr(0, kind.find(end));
    }
    return std::string(Trim(kind));
  }
  return "";
}

bool IsFrame(std::string_view line) {
  line = Trim(line);
  return line.size() > 1 && line[0] == '#' &&
         std::isdigit(static_cast<unsigned char>(line[1])) != 0;
}

// "file.cc:12:5" or "file.cc:12" becomes "file.cc:12".
std::string DropColumn(std::string_view location) {
  const auto number_from = [](std::string_view text, size_t colon) {
    return colon != std::string_view::npos && colon + 1 < text.size() &&
           text.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  };
  const size_t last = location.rfind(':');
  if (!number_from(location, last) || last == 0) return std::string(location);
  const std::string_view rest = location.substr(0, last);
  return std::string(number_from(rest, rest.rfind(':')) ? rest : location);
}

// "    #0 f(int) /src/a.cc:5:44 (a+0xe67ab) (BuildId: 9b09...)"
ReportFrame ParseFrame(std::string_view line) {
  line = Trim(line);
  line = Trim(line.substr(std::min(line.size(), line.find(' '))));
  line = Trim(line.substr(0, line.rfind(" (BuildId: ")));
  ReportFrame frame;
  const size_t module = line.rfind(" (");
  if (module != std::string_view::npos && line.back() == ')' &&
      line.find("+0x", module) != std::string_view::npos) {
    frame.module = std::string(line.substr(module + 2, line.size() - module - 3));
    line = Trim(line.substr(0, module));
  }
  // A path may hold blanks when it is absolute; what precedes it is the function.
  size_t path = line.find(" /");
  if (path == std::string_view::npos) path = line.rfind(' ');
  std::string_view function = line.substr(0, path);
  std::string_view location =
      path == std::string_view::npos ? std::string_view() : Trim(line.substr(path));
  if (function != "<null>") frame.function = std::string(function);
  if (location != "<null>") frame.location = DropColumn(location);
  return frame;
}

// A heading is an indented line that ends in a colon and is no frame.
bool IsHeading(std::string_view line) {
  return StartsWith(line, "  ") && !IsFrame(line) && !Trim(line).empty() &&
         Trim(line).back() == ':';
}

// Where the threads, blocks and mutexes came from does not tell two reports apart.
bool IsBackground(const ReportSection& section) {
  const std::string& heading = section.heading;
  return StartsWith(heading, "Thread ") || StartsWith(heading, "Location is ") ||
         StartsWith(heading, "As if synchronized") ||
         heading.find(" created ") != std::string::npos;
}

// "Previous write of size 4 at 0x1 by thread T1:" becomes "Write of size 4".
std::string Normalized(std::string_view heading) {
  if (StartsWith(heading, "Previous ")) heading.remove_prefix(9);
  std::string text(heading.substr(0, heading.find(" at 0x")));
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  // Numbers of threads and mutexes differ from run to run: "mutex M17", "thread T3 'goroutine 9'".
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool number = (text[i] == 'M' || text[i] == 'T') && (i == 0 || text[i - 1] == ' ') &&
                        i + 1 < text.size() &&
                        std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0;
    result += text[i];
    if (!number) continue;
    while (i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0) ++i;
    result += '#';
    if (text.compare(i + 1, 2, " '") == 0) {
      const size_t close = text.find('\'', i + 3);
      if (close != std::string::npos) i = close;
    }
  }
  return result;
}

std::string FrameKey(const ReportFrame& frame) {
  const std::string where = !frame.location.empty() ? frame.location : frame.module;
  return frame.function + " " + where;
}

std::vector<const ReportSection*> Clashing(const TsanReport& report) {
  std::vector<const ReportSection*> sections;
  for (const ReportSection& section : report.sections) {
    if (!IsBackground(section)) sections.push_back(&section);
  }
  return sections;
}

}  // namespace

std::vector<TsanReport> ParseReports(std::string_view output) {
  std::vector<TsanReport> reports;
  bool inside = false;
  const auto close = [&](bool truncated) {
    if (inside) reports.back().truncated = truncated;
    inside = false;
  };
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (std::string kind = KindOf(line); !kind.empty()) {
      close(/*truncated=*/true);
      reports.push_back({.kind = std::move(kind), .sections = {}, .text = {}, .truncated = false});
      inside = true;
      // A crash prints its stack without a heading.
      if (line.find("ERROR: ") != std::string_view::npos) {
        reports.back().sections.push_back({.heading = "Crash", .frames = {}});
      }
    }
    if (!inside) continue;
    if (IsSeparator(line)) {
      close(/*truncated=*/false);
      continue;
    }
    TsanReport& report = reports.back();
    report.text.append(line).append("\n");
    if (StartsWith(line, "SUMMARY: ThreadSanitizer")) {
      close(/*truncated=*/false);
    } else if (IsFrame(line)) {
      if (!report.sections.empty()) report.sections.back().frames.push_back(ParseFrame(line));
    } else if (IsHeading(line)) {
      std::string_view heading = Trim(line);
      heading.remove_suffix(1);
      report.sections.push_back({.heading = std::string(heading), .frames = {}});
    }
  }
  close(/*truncated=*/true);
  return reports;
}

std::string ReportKey(const TsanReport& report) {
  std::vector<std::string> stacks;
  for (const ReportSection* section : Clashing(report)) {
    std::string stack = Normalized(section->heading);
    for (const ReportFrame& frame : section->frames) stack += "\n  " + FrameKey(frame);
    stacks.push_back(std::move(stack));
  }
  std::sort(stacks.begin(), stacks.end());
  std::string key = report.kind;
  for (const std::string& stack : stacks) key += "\n" + stack;
  return key;
}

std::string ReportTitle(const TsanReport& report) {
  std::string title = report.kind;
  const char* separator = ": ";
  int named = 0;
  for (const ReportSection* section : Clashing(report)) {
    const auto known = std::find_if(section->frames.begin(), section->frames.end(),
                                    [](const ReportFrame& f) { return !f.location.empty(); });
    const ReportFrame* frame = known != section->frames.end() ? &*known
                               : section->frames.empty()      ? nullptr
                                                              : &section->frames.front();
    if (frame == nullptr) continue;
    const std::string heading = Normalized(section->heading);
    title += separator + heading.substr(0, heading.find(' ')) + " at " +
             (frame->location.empty() ? frame->module : frame->location);
    if (!frame->function.empty()) title += " in " + frame->function;
    separator = ", ";
    if (++named == 2) break;
  }
  return title;
}

}  // namespace muster::stress
