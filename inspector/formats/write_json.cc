// Writes JSON, lossless for the model. The document, with every field that is zero, empty or false
// left out:
//
//   {"muster_snapshot": 1,               the schema's version, always first
//    "header": {"source", "format", "profile", "taken_unix_ns", "pid", "procs", "live", "captured",
//               "longest_hold_ns", "notes": [text], "preamble", "truncated",
//               "reachability_searched"},
//    "frames": [{"pc", "function", "file", "line", "inlined", "module", "module_offset",
//                "function_offset"}],
//    "stacks": [{"frames": [index into frames, leaf first], "elided"}],
//    "mappings": [{"start", "limit", "offset", "file", "build_id"}],
//    "resources": [{"address", "kind", "owner_id", "owned_ns", "acquired_at", "writer_waiting",
//                   "readers", "capacity", "length", "closed", "creator_id",
//                   "created_at", "last_holder_id", "counter", "references", "fd", "name"}],
//    "lock_orders": [{"from": HELD, "to": HELD, "gates": [HELD], "goroutine_id", "first_moment",
//                     "last_moment", "ancestors": [SPAWN], "joined": SPAWN, "stack",
//                     "creation_stack"}],
//                    where HELD is {"object", "kind", "direction", "acquired_at"} and SPAWN is
//                    {"goroutine_id", "moment"}; the section is left out when there are none
//    "goroutines": [{"id", "count" (1 when left out), "parent_id", "ancestors": [id], "kind",
//    "state",
//                    "reason", "status_flags", "waits": [{"object", "kind", "direction"}],
//                    "wait_ns", "wait_is_lower_bound", "running_ns", "age_ns", "stack",
//                    "creation_stack", "arguments", "stack_note", "labels": [[key, value]],
//                    "held": [{"object", "kind", "direction", "acquired_at"}],
//                    "held_overflowed", "locked_to_thread", "tid", "deadlocked",
//                    "unstoppable", "could_wake": [id]}]}
//
// "arguments" are those that Go prints, a line for each frame of "stack".
// "stack", "creation_stack", "acquired_at" and "created_at" are indexes into "stacks". Addresses
// and offsets are strings, "0x1f", since many readers of JSON round numbers above 2^53; all other
// numbers are numbers. Names of kinds, states and directions are those of names.h. A text that is
// not UTF-8 is the object {"hex": "..."}.
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "inspector/formats/go_quote.h"
#include "inspector/formats/names.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/writers.h"
#include "nlohmann/json.hpp"

namespace muster::inspector::formats {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Json FromText(const std::string& text) {
  if (IsValidUtf8(text)) return text;
  return Json{{"hex", absl::BytesToHexString(text)}};
}

void Put(const char* key, const std::string& text, Json* json) {
  if (!text.empty()) (*json)[key] = FromText(text);
}

template <typename N>
void PutNumber(const char* key, N number, Json* json) {
  if (number != N{}) (*json)[key] = number;
}

void PutAddress(const char* key, uint64_t address, Json* json) {
  if (address != 0) (*json)[key] = Cat("0x", Hex(address));
}

template <typename Enum>
void PutEnum(const char* key, Enum value, Json* json) {
  if (value != Enum{}) (*json)[key] = NameOf(value);
}

void PutStack(const char* key, StackId stack, Json* json) {
  if (stack != kNoStack) (*json)[key] = stack;
}

void PutOptional(const char* key, const std::optional<int64_t>& value, Json* json) {
  if (value) (*json)[key] = *value;
}

Json ToJson(const Frame& frame) {
  Json json = Json::object();
  PutAddress("pc", frame.pc, &json);
  Put("function", frame.function, &json);
  Put("file", frame.file, &json);
  PutNumber("line", frame.line, &json);
  PutNumber("inlined", frame.inlined, &json);
  Put("module", frame.module, &json);
  PutAddress("module_offset", frame.module_offset, &json);
  PutAddress("function_offset", frame.function_offset, &json);
  return json;
}

Json ToJson(const Stack& stack) {
  Json json = {{"frames", stack.frames}};
  PutNumber("elided", stack.elided, &json);
  return json;
}

Json ToJson(const Mapping& mapping) {
  Json json = Json::object();
  PutAddress("start", mapping.start, &json);
  PutAddress("limit", mapping.limit, &json);
  PutAddress("offset", mapping.offset, &json);
  Put("file", mapping.file, &json);
  Put("build_id", mapping.build_id, &json);
  return json;
}

Json ToJson(const Resource& resource) {
  Json json = Json::object();
  PutAddress("address", resource.address, &json);
  PutEnum("kind", resource.kind, &json);
  PutNumber("owner_id", resource.owner_id, &json);
  PutOptional("owned_ns", resource.owned_ns, &json);
  PutStack("acquired_at", resource.acquired_at, &json);
  PutNumber("writer_waiting", resource.writer_waiting, &json);
  PutNumber("readers", resource.readers, &json);
  PutNumber("capacity", resource.capacity, &json);
  PutNumber("length", resource.length, &json);
  PutNumber("closed", resource.closed, &json);
  PutNumber("creator_id", resource.creator_id, &json);
  PutStack("created_at", resource.created_at, &json);
  PutNumber("last_holder_id", resource.last_holder_id, &json);
  PutNumber("counter", resource.counter, &json);
  PutNumber("references", resource.references, &json);
  PutNumber("fd", resource.fd, &json);
  Put("name", resource.name, &json);
  return json;
}

// A Wait, or the part of a Held that is the same.
template <typename T>
Json ObjectToJson(const T& item) {
  Json json = Json::object();
  PutAddress("object", item.object, &json);
  PutEnum("kind", item.kind, &json);
  PutEnum("direction", item.direction, &json);
  return json;
}

Json ToJson(const Held& held) {
  Json json = ObjectToJson(held);
  PutStack("acquired_at", held.acquired_at, &json);
  return json;
}

Json ToJson(const Spawn& spawn) {
  return {{"goroutine_id", spawn.goroutine_id}, {"moment", spawn.moment}};
}

Json ToJson(const LockOrder& order) {
  Json json = {{"from", ToJson(order.from)}, {"to", ToJson(order.to)}};
  for (const Held& gate : order.gates) json["gates"].push_back(ToJson(gate));
  PutNumber("goroutine_id", order.goroutine_id, &json);
  PutNumber("first_moment", order.first_moment, &json);
  PutNumber("last_moment", order.last_moment, &json);
  for (const Spawn& ancestor : order.ancestors) json["ancestors"].push_back(ToJson(ancestor));
  if (order.joined != Spawn{}) json["joined"] = ToJson(order.joined);
  PutStack("stack", order.stack, &json);
  PutStack("creation_stack", order.creation_stack, &json);
  return json;
}

Json ToJson(const Goroutine& goroutine) {
  Json json = Json::object();
  PutNumber("id", goroutine.id, &json);
  if (goroutine.count != 1) json["count"] = goroutine.count;
  PutNumber("parent_id", goroutine.parent_id, &json);
  if (!goroutine.ancestors.empty()) json["ancestors"] = goroutine.ancestors;
  PutEnum("kind", goroutine.kind, &json);
  json["state"] = NameOf(goroutine.state);
  Put("reason", goroutine.reason, &json);
  Put("status_flags", goroutine.status_flags, &json);
  for (const Wait& wait : goroutine.waits) json["waits"].push_back(ObjectToJson(wait));
  PutOptional("wait_ns", goroutine.wait_ns, &json);
  PutNumber("wait_is_lower_bound", goroutine.wait_is_lower_bound, &json);
  PutOptional("running_ns", goroutine.running_ns, &json);
  PutNumber("age_ns", goroutine.age_ns, &json);
  PutStack("stack", goroutine.stack, &json);
  PutStack("creation_stack", goroutine.creation_stack, &json);
  Put("arguments", goroutine.arguments, &json);
  Put("stack_note", goroutine.stack_note, &json);
  for (const auto& [key, value] : goroutine.labels) {
    json["labels"].push_back(Json::array({FromText(key), FromText(value)}));
  }
  for (const Held& held : goroutine.held) json["held"].push_back(ToJson(held));
  PutNumber("held_overflowed", goroutine.held_overflowed, &json);
  PutNumber("locked_to_thread", goroutine.locked_to_thread, &json);
  PutNumber("tid", goroutine.tid, &json);
  PutNumber("deadlocked", goroutine.deadlocked, &json);
  PutNumber("unstoppable", goroutine.unstoppable, &json);
  if (!goroutine.could_wake.empty()) json["could_wake"] = goroutine.could_wake;
  return json;
}

Json Header(const Snapshot& snapshot) {
  Json json = Json::object();
  Put("source", snapshot.source, &json);
  Put("format", snapshot.format, &json);
  Put("profile", snapshot.profile, &json);
  PutNumber("taken_unix_ns", snapshot.taken_unix_ns, &json);
  PutNumber("pid", snapshot.pid, &json);
  PutNumber("procs", snapshot.procs, &json);
  PutNumber("live", snapshot.live, &json);
  PutNumber("captured", snapshot.captured, &json);
  PutNumber("longest_hold_ns", snapshot.longest_hold_ns, &json);
  for (const std::string& note : snapshot.notes) json["notes"].push_back(FromText(note));
  Put("preamble", snapshot.preamble, &json);
  PutNumber("truncated", snapshot.truncated, &json);
  PutNumber("reachability_searched", snapshot.reachability_searched, &json);
  return json;
}

// One item a line, each made and written by itself: a document of 100,000 goroutines is never held.
template <typename T>
void WriteSection(const char* key, const std::vector<T>& items, std::ostream& out) {
  out << ",\n" << Json(key).dump() << ": [";
  const char* separator = "\n";
  for (const T& item : items) {
    out << separator << ToJson(item).dump();
    separator = ",\n";
  }
  out << ']';
}

}  // namespace

void WriteJson(const Snapshot& snapshot, std::ostream& out) {
  out << "{\"muster_snapshot\": " << kVersion << ",\n\"header\": " << Header(snapshot).dump();
  WriteSection("frames", snapshot.frames, out);
  WriteSection("stacks", snapshot.stacks, out);
  WriteSection("mappings", snapshot.mappings, out);
  WriteSection("resources", snapshot.resources, out);
  if (!snapshot.lock_orders.empty()) WriteSection("lock_orders", snapshot.lock_orders, out);
  WriteSection("goroutines", snapshot.goroutines, out);
  out << "\n}\n";
}

}  // namespace muster::inspector::formats
