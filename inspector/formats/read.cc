// Read: finds out what an input is, and hands it to the reader of that form.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "inspector/formats/gzip.h"
#include "inspector/formats/landmark.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/unwrap.h"
#include "muster/inspector/formats.h"

namespace muster::inspector {
namespace {

using formats::Landmark;

constexpr std::string_view kJsonMark = "\"muster_snapshot\"";

// Go's pprof handler stops a debug=2 dump at exactly this many bytes, in silence.
constexpr size_t kGoTextLimit = size_t{64} << 20;

bool IsUtf16(std::string_view input) {
  return input.starts_with("\xff\xfe") || input.starts_with("\xfe\xff");
}

// Text has none of the control characters that any protobuf message of ours begins with.
bool IsBinary(std::string_view input) {
  if (IsUtf16(input)) return false;
  const std::string_view head = input.substr(0, 4096);
  return std::any_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' &&
           byte != '\v' && byte != '\x1b' && byte != '\b' && byte != '\a';
  });
}

bool IsJson(std::string_view input) {
  const size_t brace = input.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || input[brace] != '{') return false;
  return input.substr(brace, 256).find(kJsonMark) != std::string_view::npos;
}

Landmark FirstLandmark(std::string_view text) {
  for (formats::LineCursor lines(text); !lines.done();) {
    const Landmark kind = formats::FindLandmark(lines.Next()).kind;
    if (kind != Landmark::kNone) return kind;
  }
  return Landmark::kNone;
}

absl::Status NothingUnderstood(std::string_view text) {
  if (formats::Trim(text.substr(0, 4096)).find_first_not_of('\n') == std::string_view::npos) {
    return absl::InvalidArgumentError(
        "the input is empty: give a goroutine dump, for example the output of gprof-dump PID");
  }
  return absl::InvalidArgumentError(
      "no goroutine dump is recognised in the input: give Go's debug=1 or debug=2 text, a panic or "
      "SIGQUIT trace, a pprof profile, or what gprof-dump writes");
}

absl::Status ReadText(std::string_view input, Snapshot* snapshot) {
  std::string storage;
  const std::string_view text = formats::Unwrap(input, &storage);
  switch (FirstLandmark(text)) {
    case Landmark::kGoroutineHeader:
    case Landmark::kGoleak:
      snapshot->format = "text2";
      formats::ReadText2(text, snapshot);
      break;
    case Landmark::kProfileHeader:
    case Landmark::kBucket:
      snapshot->format = "text1";
      formats::ReadText1(text, snapshot);
      return absl::OkStatus();
    case Landmark::kPanicparse:
      snapshot->format = "panicparse";
      formats::ReadPanicparse(text, snapshot);
      break;
    case Landmark::kNone:
      return NothingUnderstood(text);
  }
  snapshot->captured = snapshot->live = snapshot->total();
  formats::NoteGoLimit(input.size(), snapshot);
  return absl::OkStatus();
}

absl::Status ReadPlain(std::string_view input, Snapshot* snapshot) {
  if (input.starts_with(formats::kWireMagic)) return formats::ReadWire(input, snapshot);
  if (IsBinary(input)) {
    snapshot->format = "proto";
    return formats::ReadProto(input, snapshot);
  }
  if (IsJson(input)) return formats::ReadJson(input, snapshot);
  return ReadText(input, snapshot);
}

absl::Status ReadAny(std::string_view input, Snapshot* snapshot) {
  if (!formats::IsGzip(input)) return ReadPlain(input, snapshot);
  auto unpacked = formats::Gunzip(input);
  if (!unpacked.ok()) return unpacked.status();
  if (formats::IsGzip(unpacked->data)) {
    return absl::InvalidArgumentError("the input is gzipped twice: unpack it with gunzip first");
  }
  const absl::Status status = ReadPlain(unpacked->data, snapshot);
  if (!unpacked->truncated) return status;
  if (!status.ok()) {
    return absl::InvalidArgumentError("the gzip data is cut off: take the dump again");
  }
  snapshot->truncated = true;
  snapshot->notes.emplace_back("the gzip data is cut off");
  return status;
}

}  // namespace

void formats::NoteGoLimit(size_t size, Snapshot* snapshot) {
  if (size != kGoTextLimit) return;
  snapshot->truncated = true;
  snapshot->notes.emplace_back(
      "the input is exactly 64 MiB long, where Go cuts its dumps off: goroutines are missing; take "
      "it with debug=1");
}

absl::StatusOr<Snapshot> Read(std::string_view input, std::string_view source) {
  Snapshot snapshot;
  if (const absl::Status status = ReadAny(input, &snapshot); !status.ok()) {
    return absl::Status(status.code(), formats::Cat(source, ": ", std::string(status.message())));
  }
  if (snapshot.source.empty()) snapshot.source = source;
  return snapshot;
}

}  // namespace muster::inspector
