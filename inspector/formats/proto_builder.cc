#include "inspector/formats/proto_builder.h"

#include "inspector/formats/proto_labels.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {

ProtoBuilder::ProtoBuilder(const Snapshot& snapshot, bool all_frames)
    : snapshot_(snapshot), folding_(snapshot, all_frames) {
  Text("");
  profile_.set_time_nanos(snapshot.taken_unix_ns);
  AddMappings();
}

void ProtoBuilder::AddSampleType(std::string_view type, std::string_view unit) {
  pprof::ValueType* value = profile_.add_sample_type();
  value->set_type(Text(type));
  value->set_unit(Text(unit));
}

void ProtoBuilder::SetDefaultSampleType(std::string_view type) {
  profile_.set_default_sample_type(Text(type));
}

void ProtoBuilder::SetPeriod(std::string_view type, std::string_view unit, int64_t period) {
  profile_.mutable_period_type()->set_type(Text(type));
  profile_.mutable_period_type()->set_unit(Text(unit));
  profile_.set_period(period);
}

void ProtoBuilder::AddComment(std::string_view text) { profile_.add_comment(Text(text)); }

pprof::Sample* ProtoBuilder::AddSample(StackId stack) {
  pprof::Sample* sample = profile_.add_sample();
  AddLocations(stack, sample);
  return sample;
}

int64_t ProtoBuilder::Text(std::string_view text) {
  const auto [it, inserted] = strings_.try_emplace(std::string(text), profile_.string_table_size());
  if (inserted) profile_.add_string_table(text.data(), text.size());
  return it->second;
}

void ProtoBuilder::AddMappings() {
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

void ProtoBuilder::SetSymbolized(bool symbolized, pprof::Mapping* mapping) {
  mapping->set_has_functions(symbolized);
  mapping->set_has_filenames(symbolized);
  mapping->set_has_line_numbers(symbolized);
  mapping->set_has_inline_frames(symbolized);
}

pprof::Mapping* ProtoBuilder::FindMapping(uint64_t address) {
  auto it = by_start_.upper_bound(address);
  if (it == by_start_.begin()) return nullptr;
  pprof::Mapping* mapping = profile_.mutable_mapping((--it)->second);
  return address < mapping->memory_limit() ? mapping : nullptr;
}

void ProtoBuilder::AddLabel(std::string_view key, std::string_view value, pprof::Sample* sample) {
  pprof::Label* label = sample->add_label();
  label->set_key(Text(key));
  label->set_str(Text(value));
}

void ProtoBuilder::AddNumber(std::string_view key, int64_t number, std::string_view unit,
                             pprof::Sample* sample) {
  pprof::Label* label = sample->add_label();
  label->set_key(Text(key));
  label->set_num(number);
  label->set_num_unit(Text(unit));
}

// One location per address; the frames inlined there are its lines.
void ProtoBuilder::AddLocations(StackId stack, pprof::Sample* sample) {
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

uint64_t ProtoBuilder::Location(const std::vector<FrameId>& frames) {
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
uint64_t ProtoBuilder::ElidedLocation() {
  if (elided_location_ != 0) return elided_location_;
  pprof::Location* location = profile_.add_location();
  elided_location_ = static_cast<uint64_t>(profile_.location_size());
  location->set_id(elided_location_);
  location->add_line()->set_function_id(Function(kElidedFunction, ""));
  return elided_location_;
}

uint64_t ProtoBuilder::Function(std::string_view name, std::string_view file) {
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

}  // namespace muster::inspector::formats
