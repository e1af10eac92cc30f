#include "inspector/report/json.h"

#include "absl/strings/str_cat.h"

namespace muster::inspector::report {

std::string JsonAddress(uint64_t address) { return absl::StrCat("0x", absl::Hex(address)); }

Json JsonFrame(const Frame* frame) {
  if (frame == nullptr) return nullptr;
  Json json;
  json["function"] = analysis::DisplayName(*frame);
  if (!frame->file.empty()) json["file"] = frame->file;
  if (frame->line != 0) json["line"] = frame->line;
  return json;
}

Json JsonStack(const Snapshot& snapshot, StackId stack) {
  Json json = Json::array();
  if (stack >= snapshot.stacks.size()) return json;
  for (const FrameId id : snapshot.stacks[stack].frames) {
    json.push_back(JsonFrame(&snapshot.frames[id]));
  }
  return json;
}

Json JsonGoroutine(const Goroutine& goroutine, const analysis::Words& words) {
  Json json;
  if (goroutine.kind == Kind::kThread) json["thread"] = goroutine.tid;
  json["id"] = goroutine.id;
  if (goroutine.count != 1) json["count"] = goroutine.count;
  json["status"] = goroutine.status();
  if (!goroutine.status_flags.empty()) json["flags"] = goroutine.status_flags;
  if (goroutine.wait_ns.has_value()) json["wait_ns"] = *goroutine.wait_ns;
  if (goroutine.age_ns != 0) json["age_ns"] = goroutine.age_ns;
  json["at"] = JsonFrame(words.UserFrame(goroutine.stack));
  json["created_by"] = JsonFrame(words.UserFrame(goroutine.creation_stack));
  if (goroutine.parent_id != 0) json["parent"] = goroutine.parent_id;
  if (!goroutine.labels.empty()) {
    Json& labels = json["labels"] = Json::object();
    for (const auto& [key, value] : goroutine.labels) labels[key] = value;
  }
  return json;
}

Json JsonGroup(const Snapshot& snapshot, const Group& group) {
  Json json;
  json["status"] = group.status;
  if (group.has_wait) {
    json["wait_ns"] = {
        {"min", group.wait_min_ns}, {"median", group.wait_median_ns}, {"max", group.wait_max_ns}};
  }
  json["stack"] = JsonStack(snapshot, group.stack);
  json["created_at"] = JsonStack(snapshot, group.creation_stack);
  return json;
}

void PrintJson(const Json& json, std::ostream& out) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace muster::inspector::report
