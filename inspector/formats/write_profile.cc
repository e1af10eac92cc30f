// The profiles of blocking, contention and creation, as Go writes its own.
#include <ostream>
#include <string>
#include <string_view>

#include "inspector/formats/gzip.h"
#include "inspector/formats/proto_builder.h"
#include "inspector/formats/text1_parts.h"
#include "inspector/formats/text_util.h"
#include "muster/inspector/profile.h"

namespace muster::inspector {
namespace {

using formats::Cat;

bool HasDelays(ProfileKind kind) { return kind != ProfileKind::kGoroutineCreate; }

// How to turn it on, for who finds it empty.
std::string_view OffNote(ProfileKind kind) {
  switch (kind) {
    case ProfileKind::kBlock:
      return "off: the program calls muster::runtime::SetBlockProfileRate to turn it on";
    case ProfileKind::kMutex:
      return "off: the program calls muster::runtime::SetMutexProfileFraction to turn it on";
    case ProfileKind::kGoroutineCreate:
      return "off: the program calls muster::runtime::SetGoroutineCreateProfile to turn it on";
  }
  return "off";
}

void WriteHead(const Profile& profile, std::ostream& out) {
  switch (profile.kind) {
    case ProfileKind::kBlock:
      out << "--- contention:\ncycles/second=1000000000\n";
      break;
    case ProfileKind::kMutex:
      out << "--- mutex:\ncycles/second=1000000000\nsampling period=" << profile.period << '\n';
      break;
    case ProfileKind::kGoroutineCreate: {
      int64_t total = 0;
      for (const Profile::Entry& entry : profile.entries) total += entry.count;
      out << ToString(profile.kind) << " profile: total " << total << '\n';
      break;
    }
  }
}

}  // namespace

const char* ToString(ProfileKind kind) {
  switch (kind) {
    case ProfileKind::kBlock:
      return "block";
    case ProfileKind::kMutex:
      return "mutex";
    case ProfileKind::kGoroutineCreate:
      return "goroutinecreate";
  }
  return "";
}

void WriteProfileProto(const Profile& profile, std::ostream& out) {
  formats::ProtoBuilder builder(profile.tables, /*all_frames=*/false);
  if (HasDelays(profile.kind)) {
    builder.AddSampleType("contentions", "count");
    builder.AddSampleType("delay", "nanoseconds");
    builder.SetPeriod("contentions", "count", 1);
  } else {
    builder.AddSampleType(ToString(profile.kind), "count");
    builder.SetPeriod(ToString(profile.kind), "count", 1);
  }
  builder.AddComment(Cat("muster ", ToString(profile.kind), " profile"));
  if (profile.period == 0) builder.AddComment(OffNote(profile.kind));
  for (const Profile::Entry& entry : profile.entries) {
    pprof::Sample* sample = builder.AddSample(entry.stack);
    sample->add_value(entry.count);
    if (HasDelays(profile.kind)) sample->add_value(entry.delay_ns);
  }
  const std::string bytes = formats::Gzip(builder.Finish());
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void WriteProfileText(const Profile& profile, std::ostream& out) {
  const formats::Folding folding(profile.tables, /*all_frames=*/false);
  WriteHead(profile, out);
  for (const Profile::Entry& entry : profile.entries) {
    if (HasDelays(profile.kind)) out << entry.delay_ns << ' ';
    out << entry.count << ' ' << formats::Addresses(profile.tables, entry.stack) << '\n'
        << formats::FrameLines(folding, entry.stack) << '\n';
  }
  if (profile.period == 0) out << "# note: " << OffNote(profile.kind) << '\n';
  formats::WriteMappings(profile.tables, out);
}

}  // namespace muster::inspector
