// ReadInPieces: puts the pieces of a dump together again, as one snapshot.
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "inspector/formats/dump_builder.h"
#include "inspector/formats/pieces.h"
#include "inspector/formats/text_util.h"
#include "muster/inspector/formats.h"

namespace muster::inspector {
namespace {

class Joiner {
 public:
  Snapshot& whole() { return whole_; }

  void Add(Snapshot part) {
    if (parts_++ == 0) {
      whole_ = std::move(part);
      return;
    }
    // Only Go text comes in several parts: no resources, no locks held, no mappings.
    if (!builder_) builder_.emplace(&whole_);
    const std::vector<StackId> stacks = Translate(part);
    const auto translate = [&stacks](StackId* id) {
      if (*id < stacks.size()) *id = stacks[*id];
    };
    CountRepeated(part);
    for (Goroutine& goroutine : part.goroutines) {
      translate(&goroutine.stack);
      translate(&goroutine.creation_stack);
      whole_.goroutines.push_back(std::move(goroutine));
    }
  }

  Snapshot Finish() {
    if (repeated_ > 0) {
      whole_.notes.push_back(formats::Cat(
          repeated_, " goroutines appear more than once: the input holds several dumps"));
    }
    return std::move(whole_);
  }

 private:
  // The whole's stacks, by those of `part`.
  std::vector<StackId> Translate(const Snapshot& part) {
    std::vector<FrameId> frames;
    frames.reserve(part.frames.size());
    for (const Frame& frame : part.frames)
      frames.push_back(builder_->AddFrame(formats::ViewOf(frame)));
    std::vector<StackId> stacks;
    stacks.reserve(part.stacks.size());
    std::vector<FrameId> own;
    for (const Stack& stack : part.stacks) {
      own.clear();
      for (const FrameId id : stack.frames) own.push_back(frames[id]);
      stacks.push_back(builder_->AddStack(own, stack.elided));
    }
    return stacks;
  }

  // Within a part its reader counts them.
  void CountRepeated(const Snapshot& part) {
    if (ids_.empty()) AddIds(whole_);
    for (const Goroutine& goroutine : part.goroutines) {
      if (goroutine.id != 0 && ids_.contains(goroutine.id)) ++repeated_;
    }
    AddIds(part);
  }

  void AddIds(const Snapshot& snapshot) {
    for (const Goroutine& goroutine : snapshot.goroutines) ids_.insert(goroutine.id);
  }

  Snapshot whole_;
  size_t parts_ = 0;
  std::optional<formats::DumpBuilder> builder_;
  absl::flat_hash_set<uint64_t> ids_;
  size_t repeated_ = 0;
};

}  // namespace

absl::StatusOr<Snapshot> ReadInPieces(const ReadMore& more, std::string_view source, size_t piece) {
  Joiner joiner;
  const formats::PieceSink sink = {.prepare = nullptr,
                                   .add = [&](Snapshot part) { joiner.Add(std::move(part)); }};
  const absl::Status status = formats::ReadPieces(more, source, piece, sink, &joiner.whole());
  if (!status.ok()) return status;
  return joiner.Finish();
}

}  // namespace muster::inspector
