#include "muster/inspector/formats.h"

#include <array>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/writers.h"

namespace muster::inspector {
namespace {

struct FormatName {
  Format format;
  const char* name;
  const char* content_type;
};

constexpr std::array<FormatName, 5> kFormats = {{
    {Format::kText1, "text1", "text/plain; charset=utf-8"},
    {Format::kText2, "text2", "text/plain; charset=utf-8"},
    {Format::kProto, "proto", "application/octet-stream"},
    {Format::kJson, "json", "application/json"},
    {Format::kWire, "wire", "application/x-muster-snapshot"},
}};

const FormatName& Find(Format format) {
  for (const FormatName& entry : kFormats) {
    if (entry.format == format) return entry;
  }
  return kFormats.front();
}

}  // namespace

absl::StatusOr<Format> ParseFormat(std::string_view name) {
  std::string choices;
  for (const FormatName& entry : kFormats) {
    if (entry.name == name) return entry.format;
    formats::Append(&choices, choices.empty() ? "" : ", ", entry.name);
  }
  return absl::InvalidArgumentError(
      formats::Cat("unknown format \"", name.substr(0, 60), "\": use one of ", choices));
}

const char* ToString(Format format) { return Find(format).name; }

const char* ContentType(Format format) { return Find(format).content_type; }

void Write(const Snapshot& snapshot, Format format, std::ostream& out,
           const WriteOptions& options) {
  switch (format) {
    case Format::kText1:
      return formats::WriteText1(snapshot, options, out);
    case Format::kText2:
      return formats::WriteText2(snapshot, options, out);
    case Format::kProto:
      return formats::WriteProto(snapshot, options, out);
    case Format::kJson:
      return formats::WriteJson(snapshot, out);
    case Format::kWire:
      return formats::WriteWire(snapshot, out);
  }
}

}  // namespace muster::inspector
