// Reads the wire form that snapshot.proto describes.
#include <zlib.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/text_util.h"
#include "snapshot.pb.h"

namespace muster::inspector::formats {
namespace {

constexpr uint32_t kNewestVersion = 1;
constexpr size_t kChunkFrame = 8;
constexpr size_t kTextFloor = size_t{64} << 20;
constexpr size_t kTextPerByte = 64;

absl::Status Damaged(std::string_view what) {
  return absl::InvalidArgumentError(Cat("the snapshot is damaged (", what, "): take it again"));
}

uint32_t ReadU32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// A number from the wire as one of an enumeration's values up to `last`.
template <typename Enum>
bool ToEnum(uint32_t value, Enum last, Enum* out) {
  if (value > static_cast<uint32_t>(last)) return false;
  *out = static_cast<Enum>(value);
  return true;
}

class WireReader {
 public:
  WireReader(std::string_view input, Snapshot* snapshot)
      : rest_(input.substr(kWireMagic.size())),
        snapshot_(snapshot),
        budget_(kTextFloor + kTextPerByte * input.size()) {}

  absl::Status Run() {
    while (!ended_) {
      if (rest_.size() < kChunkFrame) return Cut();
      const uint32_t size = ReadU32(rest_);
      const uint32_t checksum = ReadU32(rest_.substr(4));
      if (rest_.size() - kChunkFrame < size) return Cut();
      const std::string_view bytes = rest_.substr(kChunkFrame, size);
      const auto actual =
          crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
      if (checksum != static_cast<uint32_t>(actual)) return Damaged("a checksum does not match");
      rest_.remove_prefix(kChunkFrame + size);
      wire::Chunk chunk;
      if (!chunk.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return Damaged("a chunk does not parse");
      }
      if (auto status = TakeChunk(chunk); !status.ok()) return status;
    }
    if (!rest_.empty()) {
      snapshot_->notes.push_back(
          Cat(rest_.size(), " bytes after the end of the snapshot were left out"));
    }
    return CheckIndexes(*snapshot_);
  }

 private:
  // What came before the cut is whole, and worth having when it holds goroutines.
  absl::Status Cut() {
    if (snapshot_->goroutines.empty()) {
      return absl::InvalidArgumentError(
          "the snapshot ends before its first goroutine: it was cut off, take it again");
    }
    snapshot_->truncated = true;
    const uint64_t expected = snapshot_->captured;
    snapshot_->notes.push_back(Cat("the input is cut off: ", snapshot_->goroutines.size(),
                                   " entries read, ", expected, " goroutines were captured"));
    return CheckIndexes(*snapshot_);
  }

  absl::Status TakeChunk(const wire::Chunk& chunk) {
    if (!seen_header_) {
      if (!chunk.has_header()) return Damaged("the header is missing");
      if (chunk.header().version() == 0 || chunk.header().version() > kNewestVersion) {
        return absl::InvalidArgumentError(Cat("the snapshot has version ", chunk.header().version(),
                                              ", this program reads up to ", kNewestVersion,
                                              ": read it with the Muster that wrote it"));
      }
      TakeHeader(chunk.header());
    }
    for (const std::string& text : chunk.strings()) strings_.push_back(text);
    for (const wire::Frame& item : chunk.frames()) {
      if (!Take(item)) return Damaged("a frame");
    }
    for (const wire::Stack& item : chunk.stacks()) {
      snapshot_->stacks.push_back({{item.frames().begin(), item.frames().end()}, item.elided()});
    }
    for (const wire::Mapping& item : chunk.mappings()) {
      if (!Take(item)) return Damaged("a mapping");
    }
    for (const wire::Resource& item : chunk.resources()) {
      if (!Take(item)) return Damaged("a resource");
    }
    for (const wire::LockOrder& item : chunk.lock_orders()) {
      if (!Take(item)) return Damaged("a lock order");
    }
    for (const wire::Goroutine& item : chunk.goroutines()) {
      if (!Take(item)) return Damaged("a goroutine");
    }
    ended_ = chunk.has_end();
    if (ended_ && chunk.end().goroutines() != snapshot_->goroutines.size()) {
      return Damaged("its count of goroutines is another");
    }
    return absl::OkStatus();
  }

  void TakeHeader(const wire::Header& header) {
    seen_header_ = true;
    snapshot_->source = header.source();
    snapshot_->format = header.format();
    snapshot_->profile = header.profile();
    snapshot_->taken_unix_ns = header.taken_unix_ns();
    snapshot_->pid = header.pid();
    snapshot_->procs = header.procs();
    snapshot_->live = header.live();
    snapshot_->captured = header.captured();
    snapshot_->longest_hold_ns = header.longest_hold_ns();
    snapshot_->notes = {header.notes().begin(), header.notes().end()};
    snapshot_->preamble = header.preamble();
    snapshot_->truncated = header.truncated();
    snapshot_->reachability_searched = header.reachability_searched();
  }

  bool Take(const wire::Frame& item) {
    Frame frame;
    frame.pc = item.pc();
    frame.line = item.line();
    frame.inlined = item.inlined();
    frame.module_offset = item.module_offset();
    frame.function_offset = item.function_offset();
    const bool ok = Text(item.function(), &frame.function) && Text(item.file(), &frame.file) &&
                    Text(item.module(), &frame.module);
    snapshot_->frames.push_back(std::move(frame));
    return ok;
  }

  bool Take(const wire::Mapping& item) {
    Mapping mapping;
    mapping.start = item.start();
    mapping.limit = item.limit();
    mapping.offset = item.offset();
    const bool ok = Text(item.file(), &mapping.file) && Text(item.build_id(), &mapping.build_id);
    snapshot_->mappings.push_back(std::move(mapping));
    return ok;
  }

  bool Take(const wire::Resource& item) {
    Resource resource;
    resource.address = item.address();
    resource.owner_id = item.owner_id();
    if (item.has_owned_ns()) resource.owned_ns = item.owned_ns();
    resource.acquired_at = item.acquired_at() - 1;
    resource.writer_waiting = item.writer_waiting();
    resource.readers = item.readers();
    resource.capacity = item.capacity();
    resource.length = item.length();
    resource.closed = item.closed();
    resource.creator_id = item.creator_id();
    resource.created_at = item.created_at() - 1;
    resource.last_holder_id = item.last_holder_id();
    resource.counter = item.counter();
    resource.references = item.references();
    resource.fd = item.fd();
    resource.name = item.name();
    const bool ok = ToEnum(item.kind(), ObjectKind::kSemaphore, &resource.kind);
    snapshot_->resources.push_back(resource);
    return ok;
  }

  bool Take(const wire::Goroutine& item) {
    Goroutine goroutine;
    goroutine.id = item.id();
    goroutine.count = item.count();
    goroutine.parent_id = item.parent_id();
    goroutine.ancestors = {item.ancestors().begin(), item.ancestors().end()};
    if (item.has_wait_ns()) goroutine.wait_ns = item.wait_ns();
    if (item.has_running_ns()) goroutine.running_ns = item.running_ns();
    goroutine.wait_is_lower_bound = item.wait_is_lower_bound();
    goroutine.age_ns = item.age_ns();
    goroutine.stack = item.stack() - 1;
    goroutine.creation_stack = item.creation_stack() - 1;
    goroutine.arguments = item.arguments();
    goroutine.held_overflowed = item.held_overflowed();
    goroutine.locked_to_thread = item.locked_to_thread();
    goroutine.tid = item.tid();
    goroutine.deadlocked = item.deadlocked();
    goroutine.unstoppable = item.unstoppable();
    goroutine.could_wake = {item.could_wake().begin(), item.could_wake().end()};
    bool ok = ToEnum(item.kind(), Kind::kSystem, &goroutine.kind) &&
              ToEnum(item.state(), State::kDead, &goroutine.state) &&
              Text(item.reason(), &goroutine.reason) &&
              Text(item.status_flags(), &goroutine.status_flags) &&
              Text(item.stack_note(), &goroutine.stack_note);
    for (const wire::Wait& wait : item.waits()) ok = Take(wait, &goroutine) && ok;
    for (const wire::Held& held : item.held())
      ok = Take(held, &goroutine.held.emplace_back()) && ok;
    for (const wire::Label& label : item.labels()) {
      auto& [key, value] = goroutine.labels.emplace_back();
      ok = Text(label.key(), &key) && Text(label.value(), &value) && ok;
    }
    snapshot_->goroutines.push_back(std::move(goroutine));
    return ok;
  }

  static bool Take(const wire::Wait& item, Goroutine* goroutine) {
    Wait& wait = goroutine->waits.emplace_back();
    wait.object = item.object();
    return ToEnum(item.kind(), ObjectKind::kSemaphore, &wait.kind) &&
           ToEnum(item.direction(), Direction::kWrite, &wait.direction);
  }

  static bool Take(const wire::Held& item, Held* held) {
    held->object = item.object();
    held->acquired_at = item.acquired_at() - 1;
    return ToEnum(item.kind(), ObjectKind::kSemaphore, &held->kind) &&
           ToEnum(item.direction(), Direction::kWrite, &held->direction);
  }

  bool Take(const wire::LockOrder& item) {
    LockOrder& order = snapshot_->lock_orders.emplace_back();
    order.goroutine_id = item.goroutine_id();
    order.first_moment = item.first_moment();
    order.last_moment = item.last_moment();
    for (const wire::Spawn& ancestor : item.ancestors()) {
      order.ancestors.push_back({ancestor.goroutine_id(), ancestor.moment()});
    }
    order.joined = {item.joined().goroutine_id(), item.joined().moment()};
    order.stack = item.stack() - 1;
    order.creation_stack = item.creation_stack() - 1;
    bool ok = Take(item.from(), &order.from) && Take(item.to(), &order.to);
    for (const wire::Held& gate : item.gates()) {
      ok = Take(gate, &order.gates.emplace_back()) && ok;
    }
    return ok;
  }

  // Copies a string out of the table. A short input may refer to a long string without end, so the
  // sum of what is copied has a bound.
  bool Text(uint32_t index, std::string* out) {
    if (index >= strings_.size()) return false;
    const std::string& text = strings_[index];
    if (text.size() > budget_) return false;
    budget_ -= text.size();
    *out = text;
    return true;
  }

  std::string_view rest_;
  Snapshot* snapshot_;
  size_t budget_;  // bytes of text that may still be copied
  std::vector<std::string> strings_ = {""};
  bool seen_header_ = false;
  bool ended_ = false;
};

}  // namespace

absl::Status ReadWire(std::string_view input, Snapshot* snapshot) {
  return WireReader(input, snapshot).Run();
}

}  // namespace muster::inspector::formats
