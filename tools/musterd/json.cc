#include "tools/musterd/json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/musterd/finding_detail.h"

namespace muster::musterd {
namespace {

using Json = nlohmann::ordered_json;

// Names and labels come from other processes and may be no UTF-8; such bytes are replaced.
std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string Print(const Json& json) { return Dump(json, 2) + "\n"; }

Json TimeJson(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

Json PollJson(const StoredPoll& poll) {
  Json json = {{"at", TimeJson(poll.at)},
               {"duration_seconds", absl::ToDoubleSeconds(poll.duration)}};
  if (!poll.error.empty()) {
    json["error"] = poll.error;
    return json;
  }
  json["goroutines"] = poll.live;
  json["captured"] = poll.captured;
  json["states"] = Json::object();
  for (const auto& [state, count] : poll.by_state) json["states"][state] = count;
  return json;
}

}  // namespace

std::string DetailJson(const inspector::Finding& finding) {
  Json objects = Json::array();
  for (const uint64_t object : finding.objects) {
    objects.push_back(absl::StrCat("0x", absl::Hex(object)));
  }
  return Dump(Json{{"goroutines", finding.goroutines},
                   {"objects", std::move(objects)},
                   {"actors", finding.actors}},
              -1);
}

std::string TargetsJson(const std::vector<StoredTarget>& targets) {
  Json list = Json::array();
  for (const StoredTarget& target : targets) {
    Json json = {
        {"pid", target.process.target.pid},          {"command", target.process.target.command},
        {"socket", target.process.target.socket},    {"up", !target.gone.has_value()},
        {"first_seen", TimeJson(target.first_seen)}, {"last_seen", TimeJson(target.last_seen)}};
    if (target.gone) json["gone"] = TimeJson(*target.gone);
    json["open_findings"] = target.open_findings;
    if (target.last_poll) json["last_poll"] = PollJson(*target.last_poll);
    list.push_back(std::move(json));
  }
  return Print({{"targets", std::move(list)}});
}

std::string FindingsJson(const FindingPage& page) {
  Json list = Json::array();
  for (const StoredFinding& finding : page.findings) {
    Json json = {{"id", finding.id},
                 {"pid", finding.process.target.pid},
                 {"command", finding.process.target.command},
                 {"rule", finding.rule},
                 {"certainty", finding.certainty},
                 {"title", finding.title},
                 {"explanation", finding.explanation},
                 {"count", finding.count}};
    const Json detail = Json::parse(finding.detail, nullptr, false);
    if (detail.is_object()) json.update(detail);
    json["first_seen"] = TimeJson(finding.first_seen);
    json["last_seen"] = TimeJson(finding.last_seen);
    json["resolved"] = finding.resolved ? TimeJson(*finding.resolved) : Json(nullptr);
    if (finding.resolved) json["resolution"] = finding.resolution;
    json["report"] = finding.report;
    list.push_back(std::move(json));
  }
  Json json = {{"findings", std::move(list)}, {"more", page.more}};
  if (page.more) json["next_below"] = page.findings.back().id;
  return Print(json);
}

std::string HistoryJson(int pid, const std::vector<StoredPoll>& polls) {
  Json list = Json::array();
  for (const StoredPoll& poll : polls) list.push_back(PollJson(poll));
  return Print({{"pid", pid}, {"polls", std::move(list)}});
}

std::string ErrorJson(const std::string& message) { return Print({{"error", message}}); }

}  // namespace muster::musterd
