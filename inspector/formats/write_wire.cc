// Writes the wire form that snapshot.proto describes, chunk by chunk.
#include <zlib.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/writers.h"
#include "snapshot.pb.h"

namespace muster::inspector::formats {
namespace {

// Small enough that neither side holds much at once, large enough that its frame costs nothing.
constexpr size_t kItemsPerChunk = 4096;
constexpr uint32_t kVersion = 1;

class WireWriter {
 public:
  WireWriter(const Snapshot& snapshot, std::ostream& out) : snapshot_(snapshot), out_(out) {}

  void Run() {
    out_ << kWireMagic;
    AddHeader();
    Flush();
    WriteFrames();
    for (const Stack& stack : snapshot_.stacks) {
      wire::Stack* item = chunk_.add_stacks();
      for (const FrameId id : stack.frames) item->add_frames(id);
      item->set_elided(stack.elided);
      Count(1 + stack.frames.size() / 16);
    }
    for (const Mapping& mapping : snapshot_.mappings) Add(mapping);
    for (const Resource& resource : snapshot_.resources) Add(resource);
    for (const LockOrder& order : snapshot_.lock_orders) Add(order);
    for (const Goroutine& goroutine : snapshot_.goroutines) Add(goroutine);
    if (items_ > 0) Flush();
    chunk_.mutable_end()->set_goroutines(snapshot_.goroutines.size());
    Flush();
  }

 private:
  void AddHeader() {
    wire::Header* header = chunk_.mutable_header();
    header->set_version(kVersion);
    header->set_source(snapshot_.source);
    header->set_format(snapshot_.format);
    header->set_profile(snapshot_.profile);
    header->set_taken_unix_ns(snapshot_.taken_unix_ns);
    header->set_pid(snapshot_.pid);
    header->set_procs(snapshot_.procs);
    header->set_live(snapshot_.live);
    header->set_captured(snapshot_.captured);
    header->set_longest_hold_ns(snapshot_.longest_hold_ns);
    for (const std::string& note : snapshot_.notes) header->add_notes(note);
    header->set_preamble(snapshot_.preamble);
    header->set_truncated(snapshot_.truncated);
    header->set_reachability_searched(snapshot_.reachability_searched);
  }

  void WriteFrames() {
    for (const Frame& frame : snapshot_.frames) {
      wire::Frame* item = chunk_.add_frames();
      item->set_pc(frame.pc);
      item->set_function(Intern(frame.function));
      item->set_file(Intern(frame.file));
      item->set_line(frame.line);
      item->set_inlined(frame.inlined);
      item->set_module(Intern(frame.module));
      item->set_module_offset(frame.module_offset);
      item->set_function_offset(frame.function_offset);
      Count(1);
    }
  }

  void Add(const Mapping& mapping) {
    wire::Mapping* item = chunk_.add_mappings();
    item->set_start(mapping.start);
    item->set_limit(mapping.limit);
    item->set_offset(mapping.offset);
    item->set_file(Intern(mapping.file));
    item->set_build_id(Intern(mapping.build_id));
    Count(1);
  }

  void Add(const Resource& resource) {
    wire::Resource* item = chunk_.add_resources();
    item->set_address(resource.address);
    item->set_kind(static_cast<uint32_t>(resource.kind));
    item->set_owner_id(resource.owner_id);
    if (resource.owned_ns) item->set_owned_ns(*resource.owned_ns);
    item->set_acquired_at(resource.acquired_at + 1);
    item->set_writer_waiting(resource.writer_waiting);
    item->set_readers(resource.readers);
    item->set_capacity(resource.capacity);
    item->set_length(resource.length);
    item->set_closed(resource.closed);
    item->set_creator_id(resource.creator_id);
    item->set_created_at(resource.created_at + 1);
    item->set_last_holder_id(resource.last_holder_id);
    item->set_counter(resource.counter);
    item->set_references(resource.references);
    item->set_fd(resource.fd);
    item->set_name(resource.name);
    Count(1);
  }

  static void Set(const Held& held, wire::Held* item) {
    item->set_object(held.object);
    item->set_kind(static_cast<uint32_t>(held.kind));
    item->set_direction(static_cast<uint32_t>(held.direction));
    item->set_acquired_at(held.acquired_at + 1);
  }

  static void Set(const Spawn& spawn, wire::Spawn* item) {
    item->set_goroutine_id(spawn.goroutine_id);
    item->set_moment(spawn.moment);
  }

  void Add(const LockOrder& order) {
    wire::LockOrder* item = chunk_.add_lock_orders();
    Set(order.from, item->mutable_from());
    Set(order.to, item->mutable_to());
    for (const Held& gate : order.gates) Set(gate, item->add_gates());
    item->set_goroutine_id(order.goroutine_id);
    item->set_first_moment(order.first_moment);
    item->set_last_moment(order.last_moment);
    for (const Spawn& ancestor : order.ancestors) Set(ancestor, item->add_ancestors());
    Set(order.joined, item->mutable_joined());
    item->set_stack(order.stack + 1);
    item->set_creation_stack(order.creation_stack + 1);
    Count(1);
  }

  void Add(const Goroutine& goroutine) {
    wire::Goroutine* item = chunk_.add_goroutines();
    item->set_id(goroutine.id);
    item->set_count(goroutine.count);
    item->set_parent_id(goroutine.parent_id);
    for (const uint64_t id : goroutine.ancestors) item->add_ancestors(id);
    item->set_kind(static_cast<uint32_t>(goroutine.kind));
    item->set_state(static_cast<uint32_t>(goroutine.state));
    item->set_reason(Intern(goroutine.reason));
    item->set_status_flags(Intern(goroutine.status_flags));
    for (const Wait& wait : goroutine.waits) {
      wire::Wait* w = item->add_waits();
      w->set_object(wait.object);
      w->set_kind(static_cast<uint32_t>(wait.kind));
      w->set_direction(static_cast<uint32_t>(wait.direction));
    }
    if (goroutine.wait_ns) item->set_wait_ns(*goroutine.wait_ns);
    if (goroutine.running_ns) item->set_running_ns(*goroutine.running_ns);
    item->set_wait_is_lower_bound(goroutine.wait_is_lower_bound);
    item->set_age_ns(goroutine.age_ns);
    // kNoStack is the largest number, so that adding 1 makes it 0: none.
    item->set_stack(goroutine.stack + 1);
    item->set_creation_stack(goroutine.creation_stack + 1);
    item->set_arguments(goroutine.arguments);
    item->set_stack_note(Intern(goroutine.stack_note));
    for (const auto& [key, value] : goroutine.labels) {
      wire::Label* label = item->add_labels();
      label->set_key(Intern(key));
      label->set_value(Intern(value));
    }
    for (const Held& held : goroutine.held) Set(held, item->add_held());
    item->set_held_overflowed(goroutine.held_overflowed);
    item->set_locked_to_thread(goroutine.locked_to_thread);
    item->set_tid(goroutine.tid);
    item->set_deadlocked(goroutine.deadlocked);
    item->set_unstoppable(goroutine.unstoppable);
    for (const uint64_t id : goroutine.could_wake) item->add_could_wake(id);
    Count(1);
  }

  // A new string goes out in the chunk that first refers to it.
  uint32_t Intern(std::string_view text) {
    if (text.empty()) return 0;
    const auto [it, inserted] = strings_.try_emplace(text, strings_.size() + 1);
    if (inserted) chunk_.add_strings(text.data(), text.size());
    return it->second;
  }

  void Count(size_t items) {
    items_ += items;
    if (items_ >= kItemsPerChunk) Flush();
  }

  void Flush() {
    const std::string bytes = chunk_.SerializeAsString();
    WriteU32(static_cast<uint32_t>(bytes.size()));
    WriteU32(static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()))));
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    chunk_.Clear();
    items_ = 0;
  }

  void WriteU32(uint32_t value) {
    std::array<char, 4> bytes;
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xff);
      value >>= 8;
    }
    out_.write(bytes.data(), bytes.size());
  }

  const Snapshot& snapshot_;
  std::ostream& out_;
  wire::Chunk chunk_;
  size_t items_ = 0;
  // The views point into the snapshot, which outlives the writer.
  absl::flat_hash_map<std::string_view, uint32_t> strings_;
};

}  // namespace

void WriteWire(const Snapshot& snapshot, std::ostream& out) { WireWriter(snapshot, out).Run(); }

}  // namespace muster::inspector::formats
