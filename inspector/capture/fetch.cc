#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/capture/http_client.h"
#include "inspector/capture/read_input.h"
#include "inspector/capture/targets.h"
#include "inspector/capture/url.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/filter.h"
#include "muster/inspector/formats.h"

namespace muster::inspector {
namespace {

const std::string& kStandardInput = *new std::string("standard input");
constexpr std::string_view kUnix = "unix:";
constexpr char kMusterPath[] = "/snapshot";
constexpr char kGoPath[] = "/debug/pprof/goroutine?debug=2";
constexpr char kMusterProofPath[] = "/snapshot?prove=1";
constexpr char kGoProofPath[] = "/debug/pprof/goroutineleak?debug=2";

ReadMore From(int fd, const std::string& name) {
  return [fd, &name](char* buffer, size_t size) { return ReadSome(fd, name, buffer, size); };
}

// Opens a file for as long as it is read.
template <typename Reader>
auto ReadFile(const std::string& path, const Reader& reader) -> decltype(reader(ReadMore())) {
  const absl::StatusOr<int> fd = OpenFile(path);
  if (!fd.ok()) return fd.status();
  auto dump = reader(From(*fd, path));
  close(*fd);
  return dump;
}

absl::StatusOr<Snapshot> FetchPath(const HttpPeer& peer, const std::string& path,
                                   const std::string& source) {
  const absl::StatusOr<HttpAnswer> answer = HttpGet(peer, path);
  if (!answer.ok()) return answer.status();
  if (answer->status == 404) {
    return absl::NotFoundError(
        absl::StrCat(source, ": has no ", path, " (HTTP 404); give the full URL of the dump"));
  }
  if (answer->status != 200) {
    return absl::UnavailableError(
        absl::StrCat(source, ": answered ", path, " with HTTP ", answer->status));
  }
  return Read(answer->body, source);
}

// Asks as a Muster process first, then as a Go one. A Go program with a catch-all handler answers
// 200 to anything, so that a body which is no dump counts like a 404.
absl::StatusOr<Snapshot> FetchServer(const HttpPeer& peer, const std::string& source,
                                     const FetchOptions& options) {
  const char* const path = options.prove_leaks ? kMusterProofPath : kMusterPath;
  const char* const go_path = options.prove_leaks ? kGoProofPath : kGoPath;
  absl::StatusOr<Snapshot> snapshot = FetchPath(peer, path, source);
  if (snapshot.ok() || snapshot.status().code() == absl::StatusCode::kUnavailable) return snapshot;
  // NotFound here may also mean that there is nobody to ask a second time.
  absl::StatusOr<Snapshot> second = FetchPath(peer, go_path, source);
  if (second.status().code() == absl::StatusCode::kNotFound &&
      snapshot.status().code() == absl::StatusCode::kNotFound &&
      second.status() != snapshot.status()) {
    return absl::NotFoundError(absl::StrCat(source, ": has neither ", path, " nor ", go_path,
                                            " (HTTP 404); give the full URL of the dump"));
  }
  return second;
}

absl::StatusOr<Snapshot> FetchProcess(int pid, const FetchOptions& options) {
  const absl::StatusOr<std::string> path = SocketOfProcess(pid);
  if (!path.ok()) return path.status();
  return FetchServer(UnixAddress{*path}, absl::StrCat("pid ", pid), options);
}

absl::StatusOr<Snapshot> FetchUrl(std::string_view text, const FetchOptions& options) {
  const absl::StatusOr<HttpUrl> url = ParseHttpUrl(text);
  if (!url.ok()) return url.status();
  const std::string source(text);
  if (url->target.empty() || url->target == "/") return FetchServer(*url, source, options);
  return FetchPath(*url, url->target.starts_with('/') ? url->target : "/" + url->target, source);
}

absl::StatusOr<Snapshot> FetchFile(const std::string& path, const FetchOptions& options) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      return absl::NotFoundError(absl::StrCat(
          path, ": no such file; a target is a pid, a socket, http://HOST:PORT, a file or -"));
    }
    return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(error)));
  }
  if (S_ISSOCK(status.st_mode)) return FetchServer(UnixAddress{path}, path, options);
  if (S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory; name a dump in it"));
  }
  return ReadFile(path, [&path](const ReadMore& more) { return ReadInPieces(more, path); });
}

}  // namespace

absl::StatusOr<Snapshot> Fetch(std::string_view target, const FetchOptions& options) {
  const std::string text(target);
  if (text.empty()) {
    return absl::InvalidArgumentError(
        "no target; give a pid, a socket, http://HOST:PORT, a file or -");
  }
  if (text == "-") return ReadInPieces(From(STDIN_FILENO, kStandardInput), text);
  if (text.starts_with(kUnix)) {
    const std::string path = text.substr(kUnix.size());
    if (path.empty()) return absl::InvalidArgumentError("unix: names no socket; write unix:PATH");
    return FetchServer(UnixAddress{path}, path, options);
  }
  if (text.find("://") != std::string::npos) return FetchUrl(text, options);
  if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
    int pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || end != text.data() + text.size()) {
      return absl::NotFoundError(absl::StrCat("no process has the id ", text));
    }
    return FetchProcess(pid, options);
  }
  return FetchFile(text, options);
}

absl::StatusOr<GroupedDump> FetchGroups(std::string_view target, const GroupOptions& options) {
  const std::string name(target);
  const auto group = [&](const ReadMore& more) { return ReadGroups(more, name, options); };
  if (name == "-") return group(From(STDIN_FILENO, kStandardInput));
  struct stat status;
  const bool is_pid =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!is_pid && stat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
    return ReadFile(name, group);
  }
  absl::StatusOr<Snapshot> snapshot = Fetch(target);
  if (!snapshot.ok()) return snapshot.status();
  ApplyFilter(options.filter, &*snapshot);
  std::vector<Group> groups = GroupGoroutines(*snapshot);
  return GroupedDump{*std::move(snapshot), std::move(groups)};
}

}  // namespace muster::inspector
