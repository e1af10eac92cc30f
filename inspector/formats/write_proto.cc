// Writes pprof's profile, gzipped: one sample per stack and labels, functions and files included.
//
// A profile has no field for a goroutine's state, creator or wait. They become labels, `state` and
// `created_by`, and for a goroutine that is alone in its sample also `goid` and `wait_ns`. The
// first comment marks the profile as ours, so that a reader tells these labels from a program's
// own.
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "inspector/formats/gzip.h"
#include "inspector/formats/proto_labels.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/visible.h"
#include "inspector/formats/writers.h"
#include "pprof.pb.h"

namespace muster::inspector::formats {
namespace {

class ProtoWriter {
 public:
  ProtoWriter(const Snapshot& snapshot, const WriteOptions& options)
      : snapshot_(snapshot), folding_(snapshot, options.all_frames) {
    Text("");
  }

  std::string Run() {
    SetType(profile_.add_sample_type());
    SetType(profile_.mutable_period_type());
    profile_.set_period(1);
    profile_.set_time_nanos(snapshot_.taken_unix_ns);
    profile_.add_comment(Text(kOurComment));
    for (const std::string& note : snapshot_.notes) {
      profile_.add_comment(Text(Cat(kNotePrefix, note)));
    }
    AddMappings();
    AddSamples();
    return profile_.SerializeAsString();
  }

 private:
  void SetType(pprof::ValueType* type) {
    type->set_type(Text(snapshot_.profile));
    type->set_unit(Text("count"));
  }

  int64_t Text(std::string_view text) {
    const auto [it, inserted] =
        strings_.try_emplace(std::string(text), profile_.string_table_size());
    if (inserted) profile_.add_string_table(text.data(), text.size());
    return it->second;
  }

  void AddMappings() {
    for (const Mapping& mapping : snapshot_.mappings) {
      pprof::Mapping* item = profile_.add_mapping();
      item->set_id(static_cast<uint64_t>(profile_.mapping_size()));
      item->set_memory_start(mapping.start);
      item->set_memory_limit(mapping.limit);
      item->set_file_offset(mapping.offset);
      item->set_filename(Text(mapping.file));
      item->set_build_id(Text(mapping.build_id));
      SetSymbolized(true, item);
      by_start_[mapping.start] = profile_.mapping_size() - 1;
    }
  }

  static void SetSymbolized(bool symbolized, pprof::Mapping* mapping) {
    mapping->set_has_functions(symbolized);
    mapping->set_has_filenames(symbolized);
    mapping->set_has_line_numbers(symbolized);
    mapping->set_has_inline_frames(symbolized);
  }

  pprof::Mapping* FindMapping(uint64_t address) {
    auto it = by_start_.upper_bound(address);
    if (it == by_start_.begin()) return nullptr;
    pprof::Mapping* mapping = profile_.mutable_mapping((--it)->second);
    return address < mapping->memory_limit() ? mapping : nullptr;
  }

  void AddSamples() {
    std::map<std::tuple<StackId, Labels, std::string, std::string>, std::vector<const Goroutine*>>
        groups;
    for (const Goroutine& goroutine : snapshot_.goroutines) {
      if (goroutine.kind == Kind::kThread) continue;
      groups[{goroutine.stack, goroutine.labels, FormatStatus(goroutine), Creator(goroutine)}]
          .push_back(&goroutine);
    }
    for (const auto& [key, members] : groups) {
      pprof::Sample* sample = profile_.add_sample();
      uint64_t count = 0;
      for (const Goroutine* goroutine : members) count += goroutine->count;
      sample->add_value(static_cast<int64_t>(count));
      AddLocations(std::get<0>(key), sample);
      for (const auto& [name, value] : std::get<1>(key)) AddLabel(name, value, sample);
      const Goroutine& first = *members.front();
      if (first.state != State::kIdle || !first.reason.empty()) {
        AddLabel(kStateLabel, std::get<2>(key), sample);
      }
      if (!std::get<3>(key).empty()) AddLabel(kCreatorLabel, std::get<3>(key), sample);
      if (count == 1) AddOwnLabels(first, sample);
    }
  }

  std::string Creator(const Goroutine& goroutine) const {
    const Frame* frame = folding_.Creator(goroutine.creation_stack);
    if (frame == nullptr) return "";
    if (frame->file.empty()) return DisplayName(*frame);
    return Cat(DisplayName(*frame), " at ", frame->file, ":", frame->line);
  }

  // What belongs to one goroutine and would split a group apart.
  void AddOwnLabels(const Goroutine& goroutine, pprof::Sample* sample) {
    if (goroutine.id != 0) AddNumber(kIdLabel, static_cast<int64_t>(goroutine.id), "", sample);
    if (goroutine.wait_ns) AddNumber(kWaitLabel, *goroutine.wait_ns, "nanoseconds", sample);
  }

  void AddLabel(std::string_view key, std::string_view value, pprof::Sample* sample) {
    pprof::Label* label = sample->add_label();
    label->set_key(Text(key));
    label->set_str(Text(value));
  }

  void AddNumber(std::string_view key, int64_t number, std::string_view unit,
                 pprof::Sample* sample) {
    pprof::Label* label = sample->add_label();
    label->set_key(Text(key));
    label->set_num(number);
    label->set_num_unit(Text(unit));
  }

  // One location per address; the frames inlined there are its lines.
  void AddLocations(StackId stack, pprof::Sample* sample) {
    std::vector<FrameId> together;
    for (const FrameId id : folding_.Frames(stack)) {
      together.push_back(id);
      if (folding_.frame(id).inlined && folding_.frame(id).pc != 0) continue;
      sample->add_location_id(Location(together));
      together.clear();
    }
    if (!together.empty()) sample->add_location_id(Location(together));
    if (stack < snapshot_.stacks.size() && snapshot_.stacks[stack].elided > 0) {
      sample->add_location_id(ElidedLocation());
    }
  }

  uint64_t Location(const std::vector<FrameId>& frames) {
    const auto [it, inserted] =
        locations_.try_emplace(frames, static_cast<uint64_t>(profile_.location_size()) + 1);
    if (!inserted) return it->second;
    pprof::Location* location = profile_.add_location();
    location->set_id(it->second);
    const uint64_t pc = folding_.frame(frames.back()).pc;
    const uint64_t address = pc == 0 ? 0 : pc - 1;
    location->set_address(address);
    pprof::Mapping* mapping = pc == 0 ? nullptr : FindMapping(address);
    if (mapping != nullptr) location->set_mapping_id(mapping->id());
    for (const FrameId id : frames) {
      const Frame& frame = folding_.frame(id);
      if (frame.function.empty() && frame.file.empty()) {
        // pprof looks the whole mapping up itself when one of its names is missing.
        if (mapping != nullptr) SetSymbolized(false, mapping);
        continue;
      }
      pprof::Line* line = location->add_line();
      line->set_function_id(Function(frame.function, frame.file));
      line->set_line(frame.line);
    }
    return it->second;
  }

  // Frames that a dump left out are one frame of that name, as other profilers do it.
  uint64_t ElidedLocation() {
    if (elided_location_ != 0) return elided_location_;
    pprof::Location* location = profile_.add_location();
    elided_location_ = static_cast<uint64_t>(profile_.location_size());
    location->set_id(elided_location_);
    location->add_line()->set_function_id(Function(kElidedFunction, ""));
    return elided_location_;
  }

  uint64_t Function(std::string_view name, std::string_view file) {
    const std::pair<int64_t, int64_t> key = {Text(name), Text(file)};
    const auto [it, inserted] =
        functions_.try_emplace(key, static_cast<uint64_t>(profile_.function_size()) + 1);
    if (!inserted) return it->second;
    pprof::Function* function = profile_.add_function();
    function->set_id(it->second);
    function->set_name(key.first);
    function->set_system_name(key.first);
    function->set_filename(key.second);
    return it->second;
  }

  const Snapshot& snapshot_;
  Folding folding_;
  pprof::Profile profile_;
  std::map<uint64_t, int> by_start_;
  absl::flat_hash_map<std::string, int> strings_;
  absl::flat_hash_map<std::vector<FrameId>, uint64_t> locations_;
  absl::flat_hash_map<std::pair<int64_t, int64_t>, uint64_t> functions_;
  uint64_t elided_location_ = 0;
};

}  // namespace

void WriteProto(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out) {
  const std::string bytes = Gzip(ProtoWriter(snapshot, options).Run());
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace muster::inspector::formats
