#include <algorithm>
#include <ostream>
#include <string>

#include "inspector/analysis/words.h"
#include "inspector/report/json.h"
#include "muster/inspector/report.h"

namespace muster::inspector {
namespace {

using analysis::Words;
using report::Json;

// Objects of one finding that are described: each is looked up.
constexpr size_t kMaxDetails = 64;

// What is on record of an object beside its address.
Json Details(const Resource& resource, const Words& words) {
  Json json;
  json["address"] = report::JsonAddress(resource.address);
  json["kind"] = record::ToString(resource.kind);
  const std::string created_at = words.Place(resource.created_at);
  if (!created_at.empty()) json["created_at"] = created_at;
  if (resource.creator_id != 0) json["created_by"] = resource.creator_id;
  const std::string acquired_at = words.Place(resource.acquired_at);
  if (!acquired_at.empty()) json["acquired_at"] = acquired_at;
  if (resource.owner_id != 0) json["owner"] = resource.owner_id;
  return json;
}

Json ToJson(const Finding& finding, const Snapshot& snapshot, const Words& words) {
  Json objects = Json::array();
  Json details = Json::array();
  for (const uint64_t address : finding.objects) {
    objects.push_back(report::JsonAddress(address));
    const Resource* resource =
        details.size() < kMaxDetails ? snapshot.FindResource(address) : nullptr;
    if (resource != nullptr) details.push_back(Details(*resource, words));
  }
  Json json;
  json["rule"] = finding.rule;
  json["certainty"] = ToString(finding.certainty);
  json["title"] = finding.title;
  json["explanation"] = finding.explanation;
  json["count"] = finding.count;
  json["goroutines"] = finding.goroutines;
  json["objects"] = std::move(objects);
  json["object_details"] = std::move(details);
  json["actors"] = finding.actors;
  return json;
}

}  // namespace

void WriteFindingsJson(const Snapshot& snapshot, const std::vector<Finding>& findings,
                       std::ostream& out) {
  const Words words(snapshot);
  Json json;
  json["source"] = snapshot.source;
  json["goroutines"] = {{"looked_at", snapshot.total()},
                        {"live", std::max(snapshot.total(), snapshot.live)}};
  json["counts"] = {{"proven", 0}, {"certain now", 0}, {"suspected", 0}};
  json["findings"] = Json::array();
  for (const Finding& finding : findings) {
    Json& count = json["counts"][ToString(finding.certainty)];
    count = count.get<uint64_t>() + 1;
    json["findings"].push_back(ToJson(finding, snapshot, words));
  }
  json["truncated"] = snapshot.truncated;
  json["notes"] = snapshot.notes;
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
