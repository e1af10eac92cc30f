#include "tools/muster-stress/summary.h"

#include <nlohmann/json.hpp>
#include <ostream>
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

std::string ReplayCommand(const Campaign& campaign, uint64_t seed) {
  std::string line = "MUSTER_SEED=" + std::to_string(seed);
  if (!campaign.strategy.empty()) line += " MUSTER_SCHEDULE=" + campaign.strategy;
  line += " TSAN_OPTIONS=" + Quote(campaign.tsan_options);
  for (const std::string& word : campaign.command) line += " " + Quote(word);
  return line;
}

void WriteSummary(const Campaign& campaign, std::ostream& out) {
  for (const StressFinding& finding : campaign.findings) {
    out << ToString(finding.kind) << ": " << finding.title << "\n"
        << "  in " << finding.runs << " of " << Count(campaign.runs, "run");
    if (finding.occurrences != finding.runs) out << ", " << finding.occurrences << " times";
    out << "; first with seed " << finding.first_seed << "\n"
        << "  replay: " << ReplayCommand(campaign, finding.first_seed) << "\n";
    WriteIndented(finding.evidence, out);
    out << "\n";
  }
  out << Count(campaign.runs, "run");
  if (campaign.runs != campaign.planned_runs) out << " of " << campaign.planned_runs;
  if (campaign.runs > 0) {
    out << " (seeds " << campaign.first_seed << " to "
        << campaign.first_seed + campaign.planned_runs - 1 << ")";
  }
  out << ": " << campaign.clean_runs << " clean, "
      << Count(campaign.findings.size(), "distinct finding") << "\n";
}

void WriteSummaryJson(const Campaign& campaign, std::ostream& out) {
  nlohmann::ordered_json json;
  json["command"] = campaign.command;
  json["runs"] = campaign.runs;
  json["planned_runs"] = campaign.planned_runs;
  json["clean_runs"] = campaign.clean_runs;
  json["first_seed"] = campaign.first_seed;
  json["warnings"] = campaign.warnings;
  json["findings"] = nlohmann::ordered_json::array();
  for (const StressFinding& finding : campaign.findings) {
    json["findings"].push_back({{"kind", ToString(finding.kind)},
                                {"title", finding.title},
                                {"runs", finding.runs},
                                {"occurrences", finding.occurrences},
                                {"first_seed", finding.first_seed},
                                {"replay", ReplayCommand(campaign, finding.first_seed)},
                                {"evidence", finding.evidence}});
  }
  out << Dump(json) << "\n";
}

}  // namespace muster::stress
