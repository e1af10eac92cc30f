// Reads the JSON whose schema stands at the top of write_json.cc.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "inspector/formats/names.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/text_util.h"
#include "nlohmann/json.hpp"

namespace muster::inspector::formats {
namespace {

using Json = nlohmann::ordered_json;

// The newest version that is understood.
constexpr int kVersion = 1;

// Reads one object's fields. A field of the wrong type is remembered with its name.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {}

  void Text(const char* key, std::string* out) {
    if (const Json* value = Find(key)) AsText(key, *value, out);
  }

  template <typename N>
  void Number(const char* key, N* out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (value->is_number_unsigned()) {
      const auto number = value->get<uint64_t>();
      if (number > static_cast<uint64_t>(std::numeric_limits<N>::max())) return Bad(key);
      *out = static_cast<N>(number);
    } else if (value->is_number_integer()) {
      const auto number = value->get<int64_t>();
      if constexpr (std::is_unsigned_v<N>) return Bad(key);
      if (number < static_cast<int64_t>(std::numeric_limits<N>::min())) return Bad(key);
      *out = static_cast<N>(number);
    } else {
      Bad(key);
    }
  }

  void Bool(const char* key, bool* out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return Bad(key);
    *out = value->get<bool>();
  }

  void Optional(const char* key, std::optional<int64_t>* out) {
    if (Find(key) == nullptr) return;
    Number(key, &out->emplace());
  }

  void Address(const char* key, uint64_t* out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return Bad(key);
    std::string_view text = value->get_ref<const std::string&>();
    const auto address = TakeHex(&text);
    if (!address || !text.empty()) return Bad(key);
    *out = *address;
  }

  template <typename E>
  void Enum(const char* key, E* out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_string() || !FromName(value->get_ref<const std::string&>(), out)) Bad(key);
  }

  // Calls `take` with the value, if there is one.
  template <typename Take>
  void With(const char* key, Take take) {
    if (const Json* value = Find(key)) take(*value);
  }

  // Calls `take` for each item of an array.
  template <typename Take>
  void Each(const char* key, Take take) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return Bad(key);
    for (const Json& item : *value) take(item);
  }

  // The same for an array of numbers.
  template <typename N>
  void Numbers(const char* key, std::vector<N>* out) {
    Each(key, [&](const Json& item) {
      if (!item.is_number_unsigned() ||
          item.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<N>::max())) {
        return Bad(key);
      }
      out->push_back(static_cast<N>(item.get<uint64_t>()));
    });
  }

  void AsText(const char* key, const Json& value, std::string* out) {
    if (value.is_string()) {
      *out = value.get_ref<const std::string&>();
      return;
    }
    const auto hex = value.is_object() ? value.find("hex") : value.end();
    if (hex == value.end() || !hex->is_string()) return Bad(key);
    const auto& digits = hex->get_ref<const std::string&>();
    const bool valid = digits.size() % 2 == 0 && std::all_of(digits.begin(), digits.end(),
                                                             [](char c) { return IsHexDigit(c); });
    if (!valid) return Bad(key);
    *out = absl::HexStringToBytes(digits);
  }

  void Bad(const char* key) {
    if (bad_.empty()) bad_ = key;
  }
  // The first field that was of the wrong type, "" when there was none.
  const std::string& bad() const { return bad_; }

 private:
  const Json* Find(const char* key) const {
    const auto it = json_.find(key);
    return it == json_.end() ? nullptr : &*it;
  }

  const Json& json_;
  std::string bad_;
};

void Take(Fields& fields, Frame* frame) {
  fields.Address("pc", &frame->pc);
  fields.Text("function", &frame->function);
  fields.Text("file", &frame->file);
  fields.Number("line", &frame->line);
  fields.Bool("inlined", &frame->inlined);
  fields.Text("module", &frame->module);
  fields.Address("module_offset", &frame->module_offset);
  fields.Address("function_offset", &frame->function_offset);
}

void Take(Fields& fields, Stack* stack) {
  fields.Numbers("frames", &stack->frames);
  fields.Number("elided", &stack->elided);
}

void Take(Fields& fields, Mapping* mapping) {
  fields.Address("start", &mapping->start);
  fields.Address("limit", &mapping->limit);
  fields.Address("offset", &mapping->offset);
  fields.Text("file", &mapping->file);
  fields.Text("build_id", &mapping->build_id);
}

void Take(Fields& fields, Resource* resource) {
  fields.Address("address", &resource->address);
  fields.Enum("kind", &resource->kind);
  fields.Number("owner_id", &resource->owner_id);
  fields.Optional("owned_ns", &resource->owned_ns);
  fields.Number("acquired_at", &resource->acquired_at);
  fields.Bool("writer_waiting", &resource->writer_waiting);
  fields.Number("readers", &resource->readers);
  fields.Number("capacity", &resource->capacity);
  fields.Number("length", &resource->length);
  fields.Bool("closed", &resource->closed);
  fields.Number("creator_id", &resource->creator_id);
  fields.Number("created_at", &resource->created_at);
  fields.Number("last_holder_id", &resource->last_holder_id);
  fields.Number("counter", &resource->counter);
  fields.Number("references", &resource->references);
  fields.Number("fd", &resource->fd);
  fields.Text("name", &resource->name);
}

template <typename T>
void TakeObject(Fields& fields, T* item) {
  fields.Address("object", &item->object);
  fields.Enum("kind", &item->kind);
  fields.Enum("direction", &item->direction);
}

void Take(Fields& fields, Held* held) {
  TakeObject(fields, held);
  fields.Number("acquired_at", &held->acquired_at);
}

void Take(Fields& fields, Spawn* spawn) {
  fields.Number("goroutine_id", &spawn->goroutine_id);
  fields.Number("moment", &spawn->moment);
}

// An object within one, which is the value of `key` there or an item of it.
template <typename T>
void TakeInner(Fields& outer, const char* key, const Json& json, T* out) {
  Fields fields(json);
  Take(fields, out);
  if (!fields.bad().empty()) outer.Bad(key);
}

void Take(Fields& fields, LockOrder* order) {
  fields.With("from", [&](const Json& held) { TakeInner(fields, "from", held, &order->from); });
  fields.With("to", [&](const Json& held) { TakeInner(fields, "to", held, &order->to); });
  fields.Each("gates", [&](const Json& item) {
    TakeInner(fields, "gates", item, &order->gates.emplace_back());
  });
  fields.Number("goroutine_id", &order->goroutine_id);
  fields.Number("first_moment", &order->first_moment);
  fields.Number("last_moment", &order->last_moment);
  fields.Each("ancestors", [&](const Json& item) {
    TakeInner(fields, "ancestors", item, &order->ancestors.emplace_back());
  });
  fields.With("joined",
              [&](const Json& spawn) { TakeInner(fields, "joined", spawn, &order->joined); });
  fields.Number("stack", &order->stack);
  fields.Number("creation_stack", &order->creation_stack);
}

void Take(Fields& fields, Goroutine* goroutine) {
  fields.Number("id", &goroutine->id);
  fields.Number("count", &goroutine->count);
  fields.Number("parent_id", &goroutine->parent_id);
  fields.Numbers("ancestors", &goroutine->ancestors);
  fields.Enum("kind", &goroutine->kind);
  fields.Enum("state", &goroutine->state);
  fields.Text("reason", &goroutine->reason);
  fields.Text("status_flags", &goroutine->status_flags);
  fields.Each("waits", [&](const Json& item) {
    Fields inner(item);
    TakeObject(inner, &goroutine->waits.emplace_back());
    if (!inner.bad().empty()) fields.Bad("waits");
  });
  fields.Optional("wait_ns", &goroutine->wait_ns);
  fields.Optional("running_ns", &goroutine->running_ns);
  fields.Bool("wait_is_lower_bound", &goroutine->wait_is_lower_bound);
  fields.Number("age_ns", &goroutine->age_ns);
  fields.Number("stack", &goroutine->stack);
  fields.Number("creation_stack", &goroutine->creation_stack);
  fields.Text("arguments", &goroutine->arguments);
  fields.Text("stack_note", &goroutine->stack_note);
  fields.Each("labels", [&](const Json& item) {
    if (!item.is_array() || item.size() != 2) return fields.Bad("labels");
    auto& [key, value] = goroutine->labels.emplace_back();
    fields.AsText("labels", item[0], &key);
    fields.AsText("labels", item[1], &value);
  });
  fields.Each("held", [&](const Json& item) {
    TakeInner(fields, "held", item, &goroutine->held.emplace_back());
  });
  fields.Bool("held_overflowed", &goroutine->held_overflowed);
  fields.Bool("locked_to_thread", &goroutine->locked_to_thread);
  fields.Number("tid", &goroutine->tid);
  fields.Bool("deadlocked", &goroutine->deadlocked);
  fields.Bool("unstoppable", &goroutine->unstoppable);
  fields.Numbers("could_wake", &goroutine->could_wake);
}

void TakeHeader(Fields& fields, Snapshot* snapshot) {
  fields.Text("source", &snapshot->source);
  fields.Text("format", &snapshot->format);
  fields.Text("profile", &snapshot->profile);
  fields.Number("taken_unix_ns", &snapshot->taken_unix_ns);
  fields.Number("pid", &snapshot->pid);
  fields.Number("procs", &snapshot->procs);
  fields.Number("live", &snapshot->live);
  fields.Number("captured", &snapshot->captured);
  fields.Number("longest_hold_ns", &snapshot->longest_hold_ns);
  fields.Each("notes", [&](const Json& item) {
    fields.AsText("notes", item, &snapshot->notes.emplace_back());
  });
  fields.Text("preamble", &snapshot->preamble);
  fields.Bool("truncated", &snapshot->truncated);
  fields.Bool("reachability_searched", &snapshot->reachability_searched);
}

// Takes each item as soon as the parser has it, and lets the parser forget it.
class JsonReader {
 public:
  explicit JsonReader(Snapshot* snapshot) : snapshot_(snapshot) {}

  absl::Status Run(std::string_view input) {
    snapshot_->profile.clear();
    std::string cut;
    Json root;
    try {
      root = Json::parse(input, [this](int depth, Json::parse_event_t event, Json& value) {
        return Keep(depth, event, value);
      });
    } catch (const Json::exception& error) {
      cut = "breaks off or is malformed";
    }
    if (!status_.ok()) return status_;
    if (!cut.empty()) {
      if (snapshot_->goroutines.empty()) {
        return absl::InvalidArgumentError(
            Cat("the JSON snapshot ", cut, " before its first goroutine: take it again"));
      }
      snapshot_->truncated = true;
      snapshot_->notes.push_back(
          Cat("the JSON ", cut, " after ", snapshot_->goroutines.size(), " entries"));
    }
    return CheckIndexes(*snapshot_);
  }

 private:
  // Whether the parser shall keep what it has just read.
  bool Keep(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (!status_.ok()) return false;
    if (depth == 1 && event == Event::key) {
      section_ = value.get_ref<const std::string&>();
    } else if (depth == 1 && event == Event::value && section_ == "muster_snapshot") {
      if (value != kVersion) {
        status_ = absl::InvalidArgumentError(Cat("the JSON snapshot has version ", value.dump(),
                                                 ", this program reads ", kVersion,
                                                 ": read it with the Muster that wrote it"));
      }
    } else if (depth == 1 && event == Event::object_end && section_ == "header") {
      Fields fields(value);
      TakeHeader(fields, snapshot_);
      Check(fields);
    } else if (depth == 2 && event == Event::object_end) {
      TakeItem(value);
      return false;
    }
    return true;
  }

  void TakeItem(const Json& value) {
    Fields fields(value);
    if (section_ == "frames") Take(fields, &snapshot_->frames.emplace_back());
    if (section_ == "stacks") Take(fields, &snapshot_->stacks.emplace_back());
    if (section_ == "mappings") Take(fields, &snapshot_->mappings.emplace_back());
    if (section_ == "resources") Take(fields, &snapshot_->resources.emplace_back());
    if (section_ == "lock_orders") Take(fields, &snapshot_->lock_orders.emplace_back());
    if (section_ == "goroutines") Take(fields, &snapshot_->goroutines.emplace_back());
    Check(fields);
  }

  void Check(const Fields& fields) {
    if (fields.bad().empty()) return;
    status_ = absl::InvalidArgumentError(Cat("the JSON snapshot has a bad \"", fields.bad(),
                                             "\" in its ", section_, ": take it again"));
  }

  Snapshot* snapshot_;
  std::string section_;
  absl::Status status_;
};

}  // namespace

absl::Status ReadJson(std::string_view input, Snapshot* snapshot) {
  return JsonReader(snapshot).Run(input);
}

}  // namespace muster::inspector::formats
