#include <algorithm>
#include <ostream>
#include <string>

#include "inspector/report/json.h"
#include "muster/inspector/report.h"

namespace muster::inspector {
namespace {

using report::Json;

Json ToJson(const Finding& finding) {
  Json objects = Json::array();
  for (const uint64_t address : finding.objects) {
    objects.push_back(report::JsonAddress(address));
  }
  Json json;
  json["rule"] = finding.rule;
  json["certainty"] = ToString(finding.certainty);
  json["title"] = finding.title;
  json["explanation"] = finding.explanation;
  json["count"] = finding.count;
  json["goroutines"] = finding.goroutines;
  json["objects"] = std::move(objects);
  json["actors"] = finding.actors;
  return json;
}

}  // namespace

void WriteFindingsJson(const Snapshot& snapshot, const std::vector<Finding>& findings,
                       std::ostream& out) {
  Json json;
  json["source"] = snapshot.source;
  json["goroutines"] = {{"looked_at", snapshot.total()},
                        {"live", std::max(snapshot.total(), snapshot.live)}};
  json["counts"] = {{"proven", 0}, {"certain now", 0}, {"suspected", 0}};
  json["findings"] = Json::array();
  for (const Finding& finding : findings) {
    Json& count = json["counts"][ToString(finding.certainty)];
    count = count.get<uint64_t>() + 1;
    json["findings"].push_back(ToJson(finding));
  }
  json["truncated"] = snapshot.truncated;
  json["notes"] = snapshot.notes;
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
