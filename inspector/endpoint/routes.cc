#include "inspector/endpoint/routes.h"

#include <unistd.h>

#include <optional>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/capture/process.h"
#include "inspector/capture/url.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/profile.h"

namespace muster::inspector {
namespace {

constexpr char kRoutes[] =
    "/debug/pprof/, /debug/pprof/goroutine?debug=0|1|2 and goroutineleak, /debug/pprof/block, "
    "mutex and "
    "goroutinecreate with debug=0|1, /snapshot and /healthz";
constexpr std::string_view kPprof = "/debug/pprof/";

void TakeRest(Reply* reply) {
  while (reply->rest->AppendPiece(&reply->body)) {
  }
  reply->rest.reset();
}

void SetFileName(std::string_view name, Reply* reply) {
  reply->headers.emplace_back("Content-Disposition",
                              absl::StrCat("attachment; filename=\"", std::string(name), "\""));
}

Reply Dump(Format format) {
  Reply reply;
  reply.content_type = ContentType(format);
  if (format == Format::kProto) {
    SetFileName("goroutine", &reply);
  }
  reply.rest = DumpSelf(format);
  if (!IsStreamed(format)) TakeRest(&reply);
  return reply;
}

std::optional<Format> AskedFormat(const RequestTarget& target) {
  const auto debug = target.query.find("debug");
  if (debug == target.query.end() || debug->second == "0") return Format::kProto;
  if (debug->second == "1") return Format::kText1;
  if (debug->second == "2") return Format::kText2;
  return std::nullopt;
}

Reply BadDebug() {
  return ErrorReply(400,
                    "bad value of debug: write debug=0 (protobuf, gzipped), debug=1 (text, "
                    "grouped) or debug=2 (text, one by one)");
}

Reply Goroutines(const RequestTarget& target) {
  const std::optional<Format> format = AskedFormat(target);
  return format ? Dump(*format) : BadDebug();
}

// A snapshot for which the process's memory has been searched.
Reply Searched(const Snapshot& snapshot, Format format) {
  Reply reply;
  reply.content_type = ContentType(format);
  std::ostringstream out;
  Write(snapshot, format, out);
  reply.body = std::move(out).str();
  return reply;
}

// As Go's profile of that name: debug=2 shows all goroutines, with the leaked ones flagged; the
// others show the leaked ones only.
Reply LeakedGoroutines(const RequestTarget& target) {
  const std::optional<Format> format = AskedFormat(target);
  if (!format) return BadDebug();
  Snapshot snapshot = CaptureSelf({.prove_leaks = true});
  if (!snapshot.reachability_searched) return ErrorReply(503, snapshot.notes.back());
  if (*format != Format::kText2) {
    snapshot.profile = "goroutineleak";
    std::erase_if(snapshot.goroutines, [](const Goroutine& goroutine) {
      return !absl::StrContains(goroutine.status_flags, "(leaked)");
    });
  }
  Reply reply = Searched(snapshot, *format);
  if (*format == Format::kProto) {
    reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"goroutineleak\"");
  }
  return reply;
}

Reply WholeSnapshot(const RequestTarget& target) {
  const auto prove = target.query.find("prove");
  if (prove == target.query.end() || prove->second == "0") return Dump(Format::kWire);
  if (prove->second != "1") return ErrorReply(400, "bad value of prove: write prove=0 or prove=1");
  return Searched(CaptureSelf({.prove_leaks = true}), Format::kWire);
}

Reply ProfilePage(ProfileKind kind, const RequestTarget& target) {
  const auto debug = target.query.find("debug");
  const std::string level = debug == target.query.end() ? "0" : debug->second;
  if (level != "0" && level != "1") {
    return ErrorReply(400,
                      "bad value of debug: write debug=0 (protobuf, gzipped) or debug=1 (text)");
  }
  Reply reply;
  std::ostringstream body;
  if (level == "0") {
    reply.content_type = ContentType(Format::kProto);
    SetFileName(ToString(kind), &reply);
    WriteProfileProto(CaptureProfile(kind), body);
  } else {
    reply.content_type = ContentType(Format::kText1);
    WriteProfileText(CaptureProfile(kind), body);
  }
  reply.body = std::move(body).str();
  return reply;
}

Reply Index() {
  Reply reply;
  reply.body = absl::StrCat(
      "Muster: process ", getpid(), " (", ProgramName(getpid()), ")\n\n",
      "/debug/pprof/goroutine?debug=0  goroutines as pprof protobuf, gzipped\n"
      "/debug/pprof/goroutine?debug=1  goroutines as text, equal ones grouped\n"
      "/debug/pprof/goroutine?debug=2  goroutines as text, one by one\n"
      "/debug/pprof/block              time blocked, by stack; ?debug=1 as text\n"
      "/debug/pprof/mutex              contention for locks, by the stack that unlocked\n"
      "/debug/pprof/goroutinecreate    goroutines created, by the stack that did\n"
      "/debug/pprof/goroutineleak      those that nothing can wake; debug as for goroutine\n"
      "/snapshot                       everything, for gprof-dump\n"
      "/snapshot?prove=1               the same, with those flagged\n"
      "/healthz                        ok\n");
  return reply;
}

}  // namespace

Reply ErrorReply(unsigned status, std::string_view message) {
  Reply reply;
  reply.status = status;
  reply.body = std::string(message) + "\n";
  return reply;
}

Reply RouteRequest(std::string_view method, std::string_view target) {
  Reply reply = Route(method, target);
  if (reply.rest != nullptr) TakeRest(&reply);
  return reply;
}

Reply Route(std::string_view method, std::string_view target) {
  if (method != "GET" && method != "HEAD") {
    Reply reply = ErrorReply(405, "only GET and HEAD are answered");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  const absl::StatusOr<RequestTarget> parsed = ParseRequestTarget(target);
  if (!parsed.ok()) return ErrorReply(400, std::string(parsed.status().message()));
  if (parsed->path == "/debug/pprof/goroutine") return Goroutines(*parsed);
  for (const ProfileKind kind :
       {ProfileKind::kBlock, ProfileKind::kMutex, ProfileKind::kGoroutineCreate}) {
    if (parsed->path == absl::StrCat(kPprof.data(), ToString(kind))) {
      return ProfilePage(kind, *parsed);
    }
  }
  if (parsed->path == "/debug/pprof/goroutineleak") return LeakedGoroutines(*parsed);
  if (parsed->path == "/snapshot") return WholeSnapshot(*parsed);
  if (parsed->path == "/debug/pprof/" || parsed->path == "/debug/pprof") return Index();
  if (parsed->path == "/healthz") {
    Reply reply;
    reply.body = "ok\n";
    return reply;
  }
  return ErrorReply(404, absl::StrCat("no such page; there are ", kRoutes));
}

}  // namespace muster::inspector
