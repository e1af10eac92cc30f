#include "inspector/formats/pieces.h"

#include <deque>
#include <future>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "inspector/formats/gzip.h"
#include "inspector/formats/landmark.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

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
    if (FindLandmark(line).kind == Landmark::kGoroutineHeader) return begin + 1;
  }
  return std::string_view::npos;
}

// Whether only the whole of an input that begins so makes sense: packed, binary or JSON.
bool MustBeWhole(std::string_view head) {
  if (IsGzip(head) || head.starts_with(kWireMagic)) return true;
  if (head.substr(0, 4096).find('\0') != std::string_view::npos) return true;
  const std::string_view text = TrimLeft(head);
  return text.starts_with('{') || LastHeader(head) == std::string_view::npos;
}

class PieceReader {
 public:
  PieceReader(const ReadMore& more, std::string_view source, size_t piece, const PieceSink& sink,
              Snapshot* whole)
      : more_(more), source_(source), piece_(piece), sink_(sink), whole_(*whole) {}

  absl::Status Run() {
    if (const absl::Status status = Fill(piece_); !status.ok()) return status;
    if (!ended_ && MustBeWhole(text_)) {
      while (!ended_) {
        if (const absl::Status status = Fill(text_.size() + piece_); !status.ok()) {
          return status;
        }
      }
    }
    while (!text_.empty() || !ended_) {
      size_t cut = ended_ ? text_.size() : LastHeader(text_);
      if (cut == std::string::npos) cut = 0;
      if (cut == 0) {  // one goroutine, or a line, longer than a piece
        if (const absl::Status status = Fill(text_.size() + piece_); !status.ok()) {
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
      if (const absl::Status status = Fill(piece_); !status.ok()) return status;
    }
    if (pieces_ == 0) return Read("", source_).status();
    while (!pending_.empty()) {
      if (const absl::Status status = TakeNext(); !status.ok()) return status;
    }
    // Of a single piece Read has said so.
    if (pieces_ > 1) NoteGoLimit(total_, &whole_);
    return absl::OkStatus();
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
    if (part.ok() && sink_.prepare) sink_.prepare(&*part);
    return part;
  }

  // Hands on the oldest piece in work.
  absl::Status TakeNext() {
    absl::StatusOr<Snapshot> part = pending_.front().get();
    pending_.pop_front();
    const bool first = taken_++ == 0;
    if (!part.ok() && first) return part.status();
    if (!part.ok()) {
      whole_.notes.push_back(
          Cat("a part of the input was not understood: ", std::string(part.status().message())));
      return absl::OkStatus();
    }
    Describe(*part, first);
    sink_.add(*std::move(part));
    return absl::OkStatus();
  }

  void Describe(const Snapshot& part, bool first) {
    if (first) {
      whole_.source = part.source;
      whole_.format = part.format;
      whole_.profile = part.profile;
      whole_.taken_unix_ns = part.taken_unix_ns;
      whole_.pid = part.pid;
      whole_.procs = part.procs;
      whole_.longest_hold_ns = part.longest_hold_ns;
      whole_.mappings = part.mappings;
      whole_.preamble = part.preamble;
      whole_.reachability_searched = part.reachability_searched;
    }
    whole_.live += part.live;
    whole_.captured += part.captured;
    whole_.truncated = part.truncated;  // the last part is the one that may be cut
    constexpr size_t kMaxNotes = 16;
    for (const std::string& note : part.notes) {
      if (first || whole_.notes.size() < kMaxNotes) whole_.notes.push_back(note);
    }
  }

  const ReadMore& more_;
  const std::string_view source_;
  const size_t piece_;
  const PieceSink& sink_;
  Snapshot& whole_;
  std::string text_;
  bool ended_ = false;
  size_t total_ = 0;
  size_t pieces_ = 0;
  size_t taken_ = 0;
  std::deque<std::future<absl::StatusOr<Snapshot>>> pending_;
};

}  // namespace

absl::Status ReadPieces(const ReadMore& more, std::string_view source, size_t piece,
                        const PieceSink& sink, Snapshot* whole) {
  return PieceReader(more, source, piece, sink, whole).Run();
}

}  // namespace muster::inspector::formats
