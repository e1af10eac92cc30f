#include "tools/muster-stress/state.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace muster::stress {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

json ToJson(const Variation& run) {
  return {{"number", run.number}, {"seed", run.seed}, {"schedule", run.schedule}};
}

Variation ToVariation(const json& text) {
  return {.number = text.at("number"), .seed = text.at("seed"), .schedule = text.at("schedule")};
}

// A program may print anything, and JSON is UTF-8: bytes are kept as numbers below 256 each.
json Bytes(const std::string& text) { return json::binary({text.begin(), text.end()}); }

std::string ToText(const json& bytes) {
  const auto& binary = bytes.get_binary();
  return {binary.begin(), binary.end()};
}

json ToJson(const std::string& key, const StressFinding& finding) {
  return {{"key", Bytes(key)},
          {"kind", static_cast<int>(finding.kind)},
          {"title", Bytes(finding.title)},
          {"evidence", Bytes(finding.evidence)},
          {"first", ToJson(finding.first)},
          {"runs", finding.runs},
          {"occurrences", finding.occurrences}};
}

StressFinding ToFinding(const json& text) {
  return {.kind = static_cast<FindingKind>(text.at("kind").get<int>()),
          .title = ToText(text.at("title")),
          .evidence = ToText(text.at("evidence")),
          .first = ToVariation(text.at("first")),
          .runs = text.at("runs"),
          .occurrences = text.at("occurrences"),
          .minimal_schedule = "",
          .preemptions = 0,
          .minimal_preemptions = 0};
}

// CBOR, not text, for the bytes' sake.
json Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return json::from_cbor(file);
}

}  // namespace

std::string SaveState(const std::string& path, const Campaign& campaign, const Runs& runs,
                      const Merger& merger) {
  const Runs::State state = runs.Save();
  json saved = {{"version", kVersion},
                {"command", campaign.asked},
                {"strategy", campaign.strategy},
                {"first_seed", campaign.first_seed},
                {"next", state.next},
                {"open", json::array()},
                {"frontier", state.frontier},
                {"runs", merger.runs()},
                {"clean_runs", merger.clean_runs()},
                {"findings", json::array()}};
  for (const Variation& run : state.open) saved["open"].push_back(ToJson(run));
  for (const auto& [key, finding] : merger.by_key()) {
    saved["findings"].push_back(ToJson(key, finding));
  }
  const std::string fresh = path + ".new";
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    json::to_cbor(saved, file);
    if (!file.flush()) return "cannot write " + fresh + ": " + std::strerror(errno);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return "cannot write " + path + ": " + std::strerror(errno);
  }
  return "";
}

uint64_t SeedInState(const std::string& path) try {
  return Read(path).at("first_seed");
} catch (const json::exception&) {
  return 0;
}

Loaded LoadState(const std::string& path, Campaign* campaign, Runs* runs, Merger* merger,
                 std::string* problem) try {
  if (!std::ifstream(path, std::ios::binary)) return Loaded::kNothing;
  const json saved = Read(path);
  if (saved.at("version") != kVersion) {
    *problem = path + " was written by another version of muster-stress";
    return Loaded::kMistake;
  }
  if (saved.at("command") != campaign->asked || saved.at("strategy") != campaign->strategy ||
      saved.at("first_seed") != campaign->first_seed) {
    *problem = path + " belongs to another command, strategy or seed; remove it to begin anew";
    return Loaded::kMistake;
  }
  Runs::State state{.next = saved.at("next"), .open = {}, .frontier = saved.at("frontier")};
  for (const json& run : saved.at("open")) state.open.push_back(ToVariation(run));
  std::map<std::string, StressFinding> findings;
  for (const json& finding : saved.at("findings")) {
    findings[ToText(finding.at("key"))] = ToFinding(finding);
  }
  runs->Restore(std::move(state));
  merger->Restore(std::move(findings), saved.at("runs"), saved.at("clean_runs"));
  return Loaded::kResumed;
} catch (const json::exception& mistake) {
  *problem = path + " is no state of muster-stress: " + mistake.what();
  return Loaded::kMistake;
}

}  // namespace muster::stress
