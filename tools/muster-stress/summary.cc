#include "tools/muster-stress/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <regex>
#include <set>
#include <string_view>

namespace muster::stress {
namespace {

std::string Quote(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string Count(uint64_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void WriteIndented(std::string_view text, std::ostream& out) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out << "  | " << text.substr(0, end) << "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// For JSON: bytes that are no UTF-8 become U+FFFD, since a program may print anything.
std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string ReplayCommand(const Campaign& campaign, const Variation& run) {
  std::string line = "MUSTER_SEED=" + std::to_string(run.seed);
  if (!run.schedule.empty()) line += " MUSTER_SCHEDULE=" + Quote(run.schedule);
  line += " TSAN_OPTIONS=" + Quote(campaign.tsan_options);
  for (const std::string& word : campaign.command) line += " " + Quote(word);
  return line;
}

std::string ReplayCommand(const Campaign& campaign, const StressFinding& finding) {
  Variation run = finding.first;
  if (!finding.minimal_schedule.empty()) run.schedule = finding.minimal_schedule;
  return ReplayCommand(campaign, run);
}

namespace {

void WriteFinding(const Campaign& campaign, const StressFinding& finding, std::ostream& out) {
  out << ToString(finding.kind) << ": " << finding.title << "\n"
      << "  in " << finding.runs << " of " << Count(campaign.runs, "run");
  if (finding.occurrences != finding.runs) out << ", " << finding.occurrences << " times";
  out << "; first with seed " << finding.first.seed << "\n";
  if (!finding.minimal_schedule.empty()) {
    out << "  minimised: " << Count(finding.minimal_preemptions, "preemption") << ", was "
        << finding.preemptions << "\n";
  }
  out << "  replay: " << ReplayCommand(campaign, finding) << "\n";
}

std::string Conclusion(const Campaign& campaign) {
  std::string text = Count(campaign.runs, "run");
  if (campaign.exhausted) {
    text += ", which are all schedules of " + campaign.strategy;
  } else if (campaign.planned_runs != 0 && campaign.runs != campaign.planned_runs) {
    text += " of " + std::to_string(campaign.planned_runs);
  }
  if (campaign.runs > 0 && campaign.strategy.rfind("dfs:", 0) != 0) {
    const uint64_t runs = campaign.planned_runs != 0 ? campaign.planned_runs : campaign.runs;
    text += " (seeds " + std::to_string(campaign.first_seed) + " to " +
            std::to_string(campaign.first_seed + runs - 1) + ")";
  }
  if (campaign.resumed_runs > 0) {
    text += ", " + std::to_string(campaign.resumed_runs) + " of them before an interruption";
  }
  return text + ": " + std::to_string(campaign.clean_runs) + " clean, " +
         Count(campaign.findings.size(), "distinct finding");
}

// As XML text or attribute. What XML cannot hold is left out: most control characters.
std::string Xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') escaped += c;
    }
  }
  return escaped;
}

// Bytes that are no UTF-8 become U+FFFD, by JSON's means.
std::string Utf8(const std::string& text) {
  const std::string valid =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(valid).get<std::string>();
}

struct Place {
  std::string file;
  int line = 0;
};

// The first "/path/file.cc:12" in a report or dump.
std::optional<Place> FirstPlace(const std::string& evidence) {
  static const std::regex place("(/[^\\s:]+):([0-9]{1,9})");
  std::smatch found;
  if (!std::regex_search(evidence, found, place)) return std::nullopt;
  return Place{.file = found[1], .line = std::stoi(found[2])};
}

}  // namespace

void WriteSummary(const Campaign& campaign, std::ostream& out) {
  for (const StressFinding& finding : campaign.findings) {
    WriteFinding(campaign, finding, out);
    WriteIndented(finding.evidence, out);
    out << "\n";
  }
  out << Conclusion(campaign) << "\n";
}

void WriteSummaryJson(const Campaign& campaign, std::ostream& out) {
  nlohmann::ordered_json json;
  json["command"] = campaign.command;
  json["strategy"] = campaign.strategy;
  json["runs"] = campaign.runs;
  json["planned_runs"] = campaign.planned_runs;
  json["clean_runs"] = campaign.clean_runs;
  json["exhausted"] = campaign.exhausted;
  json["first_seed"] = campaign.first_seed;
  json["warnings"] = campaign.warnings;
  json["findings"] = nlohmann::ordered_json::array();
  for (const StressFinding& finding : campaign.findings) {
    nlohmann::ordered_json entry = {{"kind", ToString(finding.kind)},
                                    {"title", finding.title},
                                    {"runs", finding.runs},
                                    {"occurrences", finding.occurrences},
                                    {"first_seed", finding.first.seed},
                                    {"schedule", finding.first.schedule}};
    if (!finding.minimal_schedule.empty()) {
      entry["preemptions"] = finding.preemptions;
      entry["minimal_preemptions"] = finding.minimal_preemptions;
      entry["minimal_schedule"] = finding.minimal_schedule;
    }
    entry["replay"] = ReplayCommand(campaign, finding);
    entry["evidence"] = finding.evidence;
    json["findings"].push_back(std::move(entry));
  }
  out << Dump(json) << "\n";
}

void WriteSummaryJUnit(const Campaign& campaign, std::ostream& out) {
  const std::string program = campaign.asked.empty() ? "" : campaign.asked[0];
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\""
      << Xml(Utf8(program)) << "\" tests=\"" << campaign.findings.size() + 1 << "\" failures=\""
      << campaign.findings.size() << "\">\n    <testcase classname=\"muster-stress\" name=\""
      << Xml(Conclusion(campaign)) << "\"/>\n";
  for (const StressFinding& finding : campaign.findings) {
    const std::string title = Xml(Utf8(finding.title));
    out << "    <testcase classname=\"muster-stress." << ToString(finding.kind) << "\" name=\""
        << title << "\">\n      <failure message=\"" << title << "\" type=\""
        << ToString(finding.kind) << "\">"
        << Xml(Utf8("replay: " + ReplayCommand(campaign, finding) + "\n" + finding.evidence))
        << "</failure>\n    </testcase>\n";
  }
  out << "  </testsuite>\n</testsuites>\n";
}

void WriteSummarySarif(const Campaign& campaign, std::ostream& out) {
  using nlohmann::ordered_json;
  ordered_json rules = ordered_json::array();
  ordered_json results = ordered_json::array();
  std::set<std::string> known;
  for (const StressFinding& finding : campaign.findings) {
    const std::string rule = ToString(finding.kind);
    if (known.insert(rule).second) rules.push_back({{"id", rule}});
    const std::string command = ReplayCommand(campaign, finding);
    ordered_json result = {{"ruleId", rule},
                           {"level", "error"},
                           {"message", {{"text", finding.title + "\nreplay: " + command}}},
                           {"properties", {{"replay", command}, {"runs", finding.runs}}}};
    if (const std::optional<Place> place = FirstPlace(finding.evidence)) {
      result["locations"] =
          ordered_json::array({{{"physicalLocation",
                                 {{"artifactLocation", {{"uri", "file://" + place->file}}},
                                  {"region", {{"startLine", std::max(1, place->line)}}}}}}});
    }
    results.push_back(std::move(result));
  }
  const ordered_json sarif = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs",
       ordered_json::array({{{"tool", {{"driver", {{"name", "muster-stress"}, {"rules", rules}}}}},
                             {"results", results}}})}};
  out << Dump(sarif) << "\n";
}

}  // namespace muster::stress
