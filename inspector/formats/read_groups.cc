// ReadGroups: cuts a dump at its goroutines' headers into pieces that Read can take.
#include <deque>
#include <future>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "inspector/analysis/group_gatherer.h"
#include "inspector/formats/gzip.h"
#include "inspector/formats/landmark.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/text_util.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/groups.h"

namespace muster::inspector {
namespace {

using formats::Cat;

constexpr size_t kAtOnce = 2;  // pieces that are parsed while others are read and grouped

// The last line but the first that begins a goroutine; npos when there is none.
size_t LastHeader(std::string_view text) {
  for (size_t at = text.rfind("goroutine "); at != std::string_view::npos && at > 0;
       at = text.rfind("goroutine ", at - 1)) {
    const size_t begin = text.rfind('\n', at);
    if (begin == std::string_view::npos) return begin;
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) continue;  // a header that may be cut
    const std::string_view line = text.substr(begin + 1, end - begin - 1);
    if (formats::FindLandmark(line).kind == formats::Landmark::kGoroutineHeader) return begin + 1;
  }
  return std::string_view::npos;
}

// Whether only the whole of an input that begins so makes sense: packed, binary or JSON.
bool MustBeWhole(std::string_view head) {
  if (formats::IsGzip(head) || head.starts_with(formats::kWireMagic)) return true;
  if (head.substr(0, 4096).find('\0') != std::string_view::npos) return true;
  const std::string_view text = formats::TrimLeft(head);
  return text.starts_with('{') || LastHeader(head) == std::string_view::npos;
}

class PieceReader {
 public:
  PieceReader(const ReadMore& more, std::string_view source, const GroupOptions& options)
      : more_(more), source_(source), options_(options) {}

  absl::StatusOr<GroupedDump> Run() {
    if (const absl::Status status = Fill(options_.piece); !status.ok()) return status;
    if (!ended_ && MustBeWhole(text_)) {
      while (!ended_) {
        if (const absl::Status status = Fill(text_.size() + options_.piece); !status.ok()) {
          return status;
        }
      }
    }
    while (!text_.empty() || !ended_) {
      size_t cut = ended_ ? text_.size() : LastHeader(text_);
      if (cut == std::string::npos) cut = 0;
      if (cut == 0) {  // one goroutine, or a line, longer than a piece
        if (const absl::Status status = Fill(text_.size() + options_.piece); !status.ok()) {
          return status;
        }
        if (text_.empty()) break;
        continue;
      }
      ++pieces_;
      std::string piece = text_.substr(0, cut);
      text_.erase(0, cut);
      pending_.push_back(std::async(std::launch::async,
                                    [this, piece = std::move(piece)] { return Parse(piece); }));
      if (pending_.size() > kAtOnce) {
        if (const absl::Status status = TakeNext(); !status.ok()) return status;
      }
      if (const absl::Status status = Fill(options_.piece); !status.ok()) return status;
    }
    if (pieces_ == 0) return Read("", source_).status();
    while (!pending_.empty()) {
      if (const absl::Status status = TakeNext(); !status.ok()) return status;
    }
    // Of a single piece Read has said so.
    if (pieces_ > 1) formats::NoteGoLimit(total_, &gatherer_.snapshot());
    GroupedDump dump;
    dump.groups = gatherer_.Finish();
    dump.snapshot = std::move(gatherer_.snapshot());
    return dump;
  }

 private:
  absl::Status Fill(size_t size) {
    while (!ended_ && text_.size() < size) {
      const size_t had = text_.size();
      text_.resize(size);
      const absl::StatusOr<size_t> count = more_(text_.data() + had, size - had);
      text_.resize(had + (count.ok() ? *count : 0));
      if (!count.ok()) return count.status();
      ended_ = *count == 0;
      total_ += *count;
    }
    return absl::OkStatus();
  }

  // Called by several threads.
  absl::StatusOr<Snapshot> Parse(std::string_view piece) const {
    absl::StatusOr<Snapshot> part = Read(piece, source_);
    if (part.ok()) ApplyFilter(options_.filter, &*part);
    return part;
  }

  // Adds the oldest piece in work to the groups.
  absl::Status TakeNext() {
    const absl::StatusOr<Snapshot> part = pending_.front().get();
    pending_.pop_front();
    const bool first = taken_++ == 0;
    if (!part.ok() && first) return part.status();
    Snapshot& all = gatherer_.snapshot();
    if (!part.ok()) {
      all.notes.push_back(
          Cat("a part of the input was not understood: ", std::string(part.status().message())));
      return absl::OkStatus();
    }
    if (first) {
      all.source = part->source;
      all.format = part->format;
      all.profile = part->profile;
      all.taken_unix_ns = part->taken_unix_ns;
      all.pid = part->pid;
      all.procs = part->procs;
      all.mappings = part->mappings;
      all.preamble = part->preamble;
    }
    all.live += part->live;
    all.captured += part->captured;
    all.truncated = part->truncated;  // the last part is the one that may be cut
    constexpr size_t kMaxNotes = 16;
    for (const std::string& note : part->notes) {
      if (all.notes.size() < kMaxNotes) all.notes.push_back(note);
    }
    gatherer_.Add(*part);
    return absl::OkStatus();
  }

  const ReadMore& more_;
  const std::string_view source_;
  const GroupOptions& options_;
  std::string text_;
  bool ended_ = false;
  size_t total_ = 0;
  size_t pieces_ = 0;
  size_t taken_ = 0;
  std::deque<std::future<absl::StatusOr<Snapshot>>> pending_;
  analysis::GroupGatherer gatherer_;
};

}  // namespace

absl::StatusOr<GroupedDump> ReadGroups(const ReadMore& more, std::string_view source,
                                       const GroupOptions& options) {
  return PieceReader(more, source, options).Run();
}

}  // namespace muster::inspector
