// DumpBuilder: fills a snapshot's frame and stack tables from views into a dump's text.
//
// A dump repeats the same frames a hundred thousand times, so a frame that is known already costs a
// look-up and no allocation. The hash is seeded per process and covers every field: a dump made to
// collide does not slow the reader down.
#ifndef MUSTER_INSPECTOR_FORMATS_DUMP_BUILDER_H_
#define MUSTER_INSPECTOR_FORMATS_DUMP_BUILDER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

struct FrameView {
  FrameView() = default;
  explicit FrameView(uint64_t address) : pc(address) {}
  uint64_t pc = 0;
  std::string_view function;
  std::string_view file;
  int32_t line = 0;
  bool inlined = false;
  std::string_view module;
  uint64_t function_offset = 0;
  friend bool operator==(const FrameView&, const FrameView&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const FrameView& f) {
    return H::combine(std::move(h), f.pc, f.function, f.file, f.line, f.inlined, f.module,
                      f.function_offset);
  }
};

FrameView ViewOf(const Frame& frame);

class DumpBuilder {
 public:
  // `snapshot` must outlive the builder; its tables may hold frames and stacks, each once.
  explicit DumpBuilder(Snapshot* snapshot);
  DumpBuilder(const DumpBuilder&) = delete;
  DumpBuilder& operator=(const DumpBuilder&) = delete;

  FrameId AddFrame(const FrameView& frame);
  // `frames` leaf first. kNoStack for no frames and nothing elided.
  StackId AddStack(const std::vector<FrameId>& frames, uint32_t elided);

 private:
  struct StackView {
    const std::vector<FrameId>* frames;
    uint32_t elided;
  };
  struct FrameKey {
    using is_transparent = void;
    const Snapshot* snapshot;
    FrameView View(FrameId id) const { return ViewOf(snapshot->frames[id]); }
    static const FrameView& View(const FrameView& view) { return view; }
    template <typename T>
    size_t operator()(const T& key) const {
      return absl::Hash<FrameView>{}(View(key));
    }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return View(a) == View(b);
    }
  };
  struct StackKey {
    using is_transparent = void;
    const Snapshot* snapshot;
    StackView View(StackId id) const;
    static const StackView& View(const StackView& view) { return view; }
    template <typename T>
    size_t operator()(const T& key) const {
      const StackView& view = View(key);
      return absl::HashOf(*view.frames, view.elided);
    }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      const StackView& left = View(a);
      const StackView& right = View(b);
      return left.elided == right.elided && *left.frames == *right.frames;
    }
  };

  Snapshot* snapshot_;
  absl::flat_hash_set<FrameId, FrameKey, FrameKey> frames_;
  absl::flat_hash_set<StackId, StackKey, StackKey> stacks_;
};

// Puts together a Goroutine's `arguments` while its frames come in, leaf first.
class ArgumentLines {
 public:
  void Add(std::string_view arguments);  // of one line
  // What was added since the last time.
  std::string Take();

 private:
  std::string lines_;
  size_t frames_ = 0;  // added
  size_t ends_ = 0;    // of lines, in lines_
};

// Counts lines that a text reader did not understand and says so in one note.
class UnknownLines {
 public:
  void Add(size_t line_number, std::string_view line);
  // Appends the note to `snapshot` when there is something to say.
  void Report(Snapshot* snapshot) const;
  size_t count() const { return count_; }

 private:
  size_t count_ = 0;
  size_t first_number_ = 0;
  std::string first_;
};

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_DUMP_BUILDER_H_
