// Writes pprof's profile, gzipped: one sample per stack and labels, functions and files included.
//
// A second value is how long the goroutines of a sample have waited, all together. A profile has no
// field for a goroutine's state and creator. They become labels, `state` and `created_by`, and for
// a goroutine that is alone in its sample also `goid` and `wait_ns`. The first comment marks the
// profile as ours, so that a reader tells these labels from a program's own.
#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "inspector/formats/gzip.h"
#include "inspector/formats/proto_builder.h"
#include "inspector/formats/proto_labels.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/writers.h"

namespace muster::inspector::formats {
namespace {

class ProtoWriter {
 public:
  ProtoWriter(const Snapshot& snapshot, const WriteOptions& options)
      : snapshot_(snapshot),
        builder_(snapshot, options.all_frames),
        has_waits_(HasWaits(snapshot)) {}

  std::string Run() {
    builder_.AddSampleType(snapshot_.profile, "count");
    if (has_waits_) {
      builder_.AddSampleType("wait", "nanoseconds");
      builder_.SetDefaultSampleType(snapshot_.profile);
    }
    builder_.SetPeriod(snapshot_.profile, "count", 1);
    builder_.AddComment(kOurComment);
    for (const std::string& note : snapshot_.notes) builder_.AddComment(Cat(kNotePrefix, note));
    AddSamples();
    return builder_.Finish();
  }

 private:
  void AddSamples() {
    std::map<std::tuple<StackId, Labels, std::string, std::string>, std::vector<const Goroutine*>>
        groups;
    for (const Goroutine& goroutine : snapshot_.goroutines) {
      if (goroutine.kind == Kind::kThread) continue;
      groups[{goroutine.stack, goroutine.labels, FormatStatus(goroutine), Creator(goroutine)}]
          .push_back(&goroutine);
    }
    for (const auto& [key, members] : groups) {
      pprof::Sample* sample = builder_.AddSample(std::get<0>(key));
      uint64_t count = 0;
      for (const Goroutine* goroutine : members) count += goroutine->count;
      sample->add_value(static_cast<int64_t>(count));
      if (has_waits_) sample->add_value(TotalWait(members));
      for (const auto& [name, value] : std::get<1>(key)) builder_.AddLabel(name, value, sample);
      const Goroutine& first = *members.front();
      if (first.state != State::kIdle || !first.reason.empty()) {
        builder_.AddLabel(kStateLabel, std::get<2>(key), sample);
      }
      if (!std::get<3>(key).empty()) builder_.AddLabel(kCreatorLabel, std::get<3>(key), sample);
      if (count == 1) AddOwnLabels(first, sample);
    }
  }

  // How long they have waited, all together; no more than the field can hold.
  static int64_t TotalWait(const std::vector<const Goroutine*>& members) {
    double total = 0;
    for (const Goroutine* goroutine : members) {
      total += static_cast<double>(goroutine->count) *
               static_cast<double>(goroutine->wait_ns.value_or(0));
    }
    constexpr double kMost = 9e18;
    return static_cast<int64_t>(std::clamp(total, 0.0, kMost));
  }

  static bool HasWaits(const Snapshot& snapshot) {
    return std::any_of(snapshot.goroutines.begin(), snapshot.goroutines.end(),
                       [](const Goroutine& goroutine) { return goroutine.wait_ns.has_value(); });
  }

  std::string Creator(const Goroutine& goroutine) const {
    const Frame* frame = builder_.folding().Creator(goroutine.creation_stack);
    if (frame == nullptr) return "";
    if (frame->file.empty()) return DisplayName(*frame);
    return Cat(DisplayName(*frame), " at ", frame->file, ":", frame->line);
  }

  // What belongs to one goroutine and would split a group apart.
  void AddOwnLabels(const Goroutine& goroutine, pprof::Sample* sample) {
    if (goroutine.id != 0)
      builder_.AddNumber(kIdLabel, static_cast<int64_t>(goroutine.id), "", sample);
    if (goroutine.wait_ns)
      builder_.AddNumber(kWaitLabel, *goroutine.wait_ns, "nanoseconds", sample);
  }

  const Snapshot& snapshot_;
  ProtoBuilder builder_;
  const bool has_waits_;
};

}  // namespace

void WriteProto(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out) {
  const std::string bytes = Gzip(ProtoWriter(snapshot, options).Run());
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace muster::inspector::formats
