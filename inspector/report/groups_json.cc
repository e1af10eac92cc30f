#include <algorithm>
#include <ostream>

#include "inspector/report/json.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::Json;

uint64_t CountOf(const std::vector<Group>& groups) {
  uint64_t count = 0;
  for (const Group& group : groups) count += group.count;
  return count;
}

}  // namespace

void WriteGroupsJson(const GroupedDump& dump, std::ostream& out) {
  Json json;
  const uint64_t shown = CountOf(dump.groups);
  json["source"] = dump.snapshot.source;
  json["goroutines"] = {{"shown", shown}, {"live", std::max(shown, dump.snapshot.live)}};
  Json& groups = json["groups"] = Json::array();
  for (const Group& group : dump.groups) {
    Json item;
    item["count"] = group.count;
    item["ids"] = group.ids;
    if (group.parent_id != 0) item["parent"] = group.parent_id;
    item.update(report::JsonGroup(dump.snapshot, group));
    groups.push_back(std::move(item));
  }
  json["truncated"] = dump.snapshot.truncated;
  json["notes"] = dump.snapshot.notes;
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
