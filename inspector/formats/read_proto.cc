// Reads a pprof profile of goroutines, of Go or of ours.
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "inspector/formats/dump_builder.h"
#include "inspector/formats/proto_labels.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text1_lines.h"
#include "inspector/formats/text_util.h"
#include "pprof.pb.h"

namespace muster::inspector::formats {
namespace {

// A short profile may refer to a long string or stack without end; both are bounded by its size.
constexpr size_t kFloor = size_t{64} << 20;
constexpr size_t kPerByte = 64;

class ProtoReader {
 public:
  ProtoReader(const pprof::Profile& profile, size_t input_size, Snapshot* snapshot)
      : profile_(profile),
        snapshot_(snapshot),
        builder_(snapshot),
        budget_(kFloor + kPerByte * input_size) {}

  absl::Status Run() {
    if (auto status = ChooseValue(); !status.ok()) return status;
    snapshot_->taken_unix_ns = profile_.time_nanos();
    TakeComments();
    TakeMappings();
    for (const pprof::Function& function : profile_.function()) {
      functions_.try_emplace(function.id(), &function);
    }
    if (!TakeLocations()) return Damaged();
    for (const pprof::Sample& sample : profile_.sample()) {
      if (!TakeSample(sample)) return Damaged();
    }
    snapshot_->captured = snapshot_->live = snapshot_->total();
    return absl::OkStatus();
  }

 private:
  static absl::Status Damaged() {
    return absl::InvalidArgumentError(
        "the profile is damaged (an index refers to nothing): take it again");
  }

  // Which of a sample's numbers counts goroutines.
  absl::Status ChooseValue() {
    for (int i = 0; i < profile_.sample_type_size(); ++i) {
      const std::string_view type = Text(profile_.sample_type(i).type());
      const bool counts = Text(profile_.sample_type(i).unit()) == "count";
      if (!counts || type.find("goroutine") == std::string_view::npos) continue;
      value_ = i;
      snapshot_->profile = type;
      return absl::OkStatus();
    }
    const std::string_view type =
        profile_.sample_type_size() == 0 ? "" : Text(profile_.sample_type(0).type());
    return absl::InvalidArgumentError(Cat("this is a pprof profile of \"", type.substr(0, 60),
                                          "\", not of goroutines: fetch /debug/pprof/goroutine"));
  }

  std::string_view Text(int64_t index) const {
    if (index < 0 || index >= profile_.string_table_size()) return {};
    return profile_.string_table(static_cast<int>(index));
  }

  void TakeComments() {
    for (const int64_t index : profile_.comment()) {
      std::string_view text = Text(index);
      if (text == kOurComment) {
        ours_ = true;
      } else if (TakePrefix(&text, kNotePrefix)) {
        snapshot_->notes.emplace_back(text);
      }
    }
  }

  void TakeMappings() {
    for (const pprof::Mapping& item : profile_.mapping()) {
      Mapping mapping;
      mapping.start = item.memory_start();
      mapping.limit = item.memory_limit();
      mapping.offset = item.file_offset();
      mapping.file = Text(item.filename());
      mapping.build_id = Text(item.build_id());
      modules_[item.id()] = Text(item.filename());
      snapshot_->mappings.push_back(std::move(mapping));
    }
  }

  bool TakeLocations() {
    for (const pprof::Location& item : profile_.location()) {
      std::vector<FrameId>& frames = locations_[item.id()];
      frames.clear();
      FrameView frame;
      frame.pc = item.address() == 0 ? 0 : item.address() + 1;
      if (const auto it = modules_.find(item.mapping_id()); it != modules_.end()) {
        frame.module = it->second;
      }
      for (int i = 0; i < item.line_size(); ++i) {
        const auto function = functions_.find(item.line(i).function_id());
        if (function == functions_.end()) return false;
        frame.function = Text(function->second->name());
        frame.file = Text(function->second->filename());
        const int64_t line = item.line(i).line();
        frame.line =
            line < 0 || line > std::numeric_limits<int32_t>::max() ? 0 : static_cast<int32_t>(line);
        frame.inlined = i + 1 < item.line_size();
        if (!Spend(frame.function.size() + frame.file.size() + frame.module.size())) return false;
        frames.push_back(builder_.AddFrame(frame));
      }
      if (item.line_size() == 0) frames.push_back(builder_.AddFrame(frame));
    }
    return true;
  }

  bool TakeSample(const pprof::Sample& sample) {
    if (value_ >= sample.value_size() || sample.value(value_) < 0) return false;
    Goroutine goroutine;
    goroutine.count = static_cast<uint64_t>(sample.value(value_));
    std::vector<FrameId> stack;
    uint32_t elided = 0;
    for (const uint64_t id : sample.location_id()) {
      const auto it = locations_.find(id);
      if (it == locations_.end() || !Spend(it->second.size() * sizeof(FrameId))) return false;
      if (IsElided(it->second)) {
        elided = 1;
        continue;
      }
      stack.insert(stack.end(), it->second.begin(), it->second.end());
    }
    goroutine.stack = builder_.AddStack(stack, elided);
    // Our own labels come after the program's, of which one may have the same name.
    absl::flat_hash_map<int64_t, int> last;
    for (int i = 0; i < sample.label_size(); ++i) last[sample.label(i).key()] = i;
    for (int i = 0; i < sample.label_size(); ++i) {
      const bool may_be_ours = ours_ && last[sample.label(i).key()] == i;
      if (!TakeLabel(sample.label(i), may_be_ours, &goroutine)) return false;
    }
    InferWait(*snapshot_, &goroutine);
    snapshot_->goroutines.push_back(std::move(goroutine));
    return true;
  }

  bool IsElided(const std::vector<FrameId>& frames) const {
    return frames.size() == 1 && snapshot_->frames[frames[0]].function == kElidedFunction;
  }

  bool TakeLabel(const pprof::Label& label, bool may_be_ours, Goroutine* goroutine) {
    const std::string_view key = Text(label.key());
    const std::string_view value = Text(label.str());
    if (!Spend(key.size() + value.size())) return false;
    if (may_be_ours && TakeOwnLabel(key, value, label.num(), goroutine)) return true;
    goroutine->labels.emplace_back(key,
                                   label.str() != 0 || label.num() == 0
                                       ? std::string(value)
                                       : Cat(label.num(), Text(label.num_unit()).substr(0, 60)));
    return true;
  }

  // False when the label is none that our writer adds.
  bool TakeOwnLabel(std::string_view key, std::string_view value, int64_t number,
                    Goroutine* goroutine) {
    if (key == kStateLabel) {
      ApplyStatus(value, goroutine);
    } else if (key == kCreatorLabel) {
      const auto frame = ParseCreatorFrame(value);
      FrameView view;
      view.function = frame->function;
      view.file = frame->file;
      view.line = frame->line;
      goroutine->creation_stack = builder_.AddStack({builder_.AddFrame(view)}, 0);
    } else if (key == kIdLabel && value.empty()) {
      goroutine->id = static_cast<uint64_t>(number);
    } else if (key == kWaitLabel && value.empty()) {
      goroutine->wait_ns = number;
    } else {
      return false;
    }
    return true;
  }

  bool Spend(size_t bytes) {
    if (bytes > budget_) return false;
    budget_ -= bytes;
    return true;
  }

  const pprof::Profile& profile_;
  Snapshot* snapshot_;
  DumpBuilder builder_;
  size_t budget_;
  int value_ = 0;
  bool ours_ = false;
  absl::flat_hash_map<uint64_t, const pprof::Function*> functions_;
  absl::flat_hash_map<uint64_t, std::string_view> modules_;
  absl::flat_hash_map<uint64_t, std::vector<FrameId>> locations_;
};

}  // namespace

absl::Status ReadProto(std::string_view input, Snapshot* snapshot) {
  pprof::Profile profile;
  if (input.size() > std::numeric_limits<int>::max() ||
      !profile.ParseFromArray(input.data(), static_cast<int>(input.size())) ||
      profile.string_table_size() == 0) {
    return absl::InvalidArgumentError(
        "binary data that is no pprof profile and no Muster snapshot, or one that was cut off: "
        "take "
        "it again, for example with gprof-dump PID --format=wire");
  }
  return ProtoReader(profile, input.size(), snapshot).Run();
}

}  // namespace muster::inspector::formats
