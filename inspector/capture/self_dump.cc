#include "inspector/capture/self_dump.h"

#include <optional>
#include <sstream>

#include "inspector/capture/convert.h"
#include "inspector/capture/own_symbols.h"
#include "inspector/formats/text2_writer.h"
#include "muster/inspector/capture.h"
#include "muster/record.h"

namespace muster::inspector {
namespace {

constexpr size_t kPiece = size_t{64} << 10;

// The formats that are made as a whole.
class WholeDump final : public SelfDump {
 public:
  explicit WholeDump(Format format) : format_(format) {}

  bool AppendPiece(std::string* out) override {
    const bool grouped = format_ == Format::kText1 || format_ == Format::kProto;
    std::ostringstream stream;
    Write(grouped ? CaptureSelfGrouped() : CaptureSelf(), format_, stream);
    *out += std::move(stream).str();
    return false;
  }

 private:
  const Format format_;
};

// Each goroutine is looked at when its text is made. Kept are the distinct stacks and their text.
class Text2Dump final : public SelfDump {
 public:
  bool AppendPiece(std::string* out) override {
    const size_t enough = out->size() + kPiece;
    while (out->size() < enough) {
      const record::Goroutine* raw = stream_.Next();
      if (raw == nullptr) {
        writer_.AppendNotes(stream_.summary().notes, out);
        return false;
      }
      AppendGoroutine(*raw, out);
    }
    return true;
  }

 private:
  void AppendGoroutine(const record::Goroutine& raw, std::string* out) {
    // The symbols are shared with others, and not needed for stacks that are known.
    std::optional<OwnSymbols> symbols;
    if (!stacks_.Knows(raw.stack) || !stacks_.Knows(raw.creation_stack)) symbols.emplace();
    Convert(raw, stream_.summary().monotonic_ns, &stacks_,
            symbols ? symbols->symbolizer() : nullptr, &goroutine_);
    writer_.Append(goroutine_, out);
  }

  record::CaptureStream stream_{{.details = false, .threads = false}};
  Snapshot tables_;
  RecordStacks stacks_{&tables_};
  formats::Text2Writer writer_{tables_, false};
  Goroutine goroutine_;
};

}  // namespace

bool IsStreamed(Format format) { return format == Format::kText2; }

std::unique_ptr<SelfDump> DumpSelf(Format format) {
  if (format == Format::kText2) return std::make_unique<Text2Dump>();
  return std::make_unique<WholeDump>(format);
}

}  // namespace muster::inspector
