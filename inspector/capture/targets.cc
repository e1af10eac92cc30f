#include "inspector/capture/targets.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "inspector/capture/process.h"
#include "inspector/capture/socket_directory.h"
#include "muster/inspector/capture.h"

namespace muster::inspector {
namespace {

constexpr std::string_view kSuffix = ".sock";
constexpr std::string_view kUnix = "unix:";

std::string Describe(int pid) {
  const std::string program = ProgramName(pid);
  return program.empty() ? absl::StrCat("process ", pid)
                         : absl::StrCat("process ", pid, " (", program, ")");
}

// The directories in which the process may have its default socket. Its environment tells, but only
// to its own user and to root; so the usual ones are tried as well.
std::vector<std::string> DirectoriesOf(int pid, uid_t owner) {
  std::vector<std::string> directories;
  const auto add = [&directories](std::string directory) {
    if (std::find(directories.begin(), directories.end(), directory) == directories.end()) {
      directories.push_back(std::move(directory));
    }
  };
  if (const auto runtime_dir = EnvironmentOf(pid, "XDG_RUNTIME_DIR")) {
    add(SocketDirectoryFor(runtime_dir, owner));
  }
  if (owner == geteuid()) add(SocketDirectory());
  add(SocketDirectoryFor(absl::StrCat("/run/user/", owner), owner));
  add(SocketDirectoryFor(std::nullopt, owner));
  return directories;
}

}  // namespace

std::optional<int> SocketPid(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix)) return std::nullopt;
  file_name.remove_suffix(kSuffix.size());
  int pid = 0;
  const auto [end, error] =
      std::from_chars(file_name.data(), file_name.data() + file_name.size(), pid);
  if (error != std::errc() || end != file_name.data() + file_name.size() || pid <= 0) {
    return std::nullopt;
  }
  return pid;
}

std::vector<Target> ListTargets() {
  std::vector<Target> targets;
  const std::string directory = SocketDirectory();
  if (!CheckSocketDirectory(directory, geteuid()).ok()) return targets;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::optional<int> pid = SocketPid(it->path().filename().string());
    if (!pid.has_value() || ProbeSocket(it->path().string()) != SocketState::kAlive) continue;
    targets.push_back({*pid, it->path().string(), ProgramName(*pid)});
  }
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.pid < b.pid; });
  return targets;
}

absl::StatusOr<std::string> SocketOfProcess(int pid) {
  const std::optional<uid_t> owner = ProcessOwner(pid);
  if (!owner.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("no process has the id ", pid, "; for a file of that name write ./", pid));
  }
  const std::string endpoint = EnvironmentOf(pid, "MUSTER_ENDPOINT").value_or("");
  if (endpoint == "off") {
    return absl::NotFoundError(absl::StrCat(
        Describe(pid), " runs with MUSTER_ENDPOINT=off; start it without that to inspect it"));
  }
  if (endpoint.starts_with(kUnix)) {
    const std::filesystem::path path(endpoint.substr(kUnix.size()));
    return (WorkingDirectory(pid) / path).string();
  }
  const std::vector<std::string> directories = DirectoriesOf(pid, *owner);
  for (const std::string& directory : directories) {
    const std::string path = absl::StrCat(directory, "/", pid, kSuffix.data());
    if (ProbeSocket(path) == SocketState::kAbsent) continue;
    if (absl::Status trusted = CheckSocketDirectory(directory, *owner); !trusted.ok()) {
      return absl::UnavailableError(trusted.message());
    }
    return path;
  }
  return absl::NotFoundError(absl::StrCat(
      Describe(pid), " has no socket in ", absl::StrJoin(directories, " or "),
      "; it is no Muster program, it does not link muster::inspector, or it has not started a "
      "goroutine yet (gprof-dump ps lists those that answer)"));
}

}  // namespace muster::inspector
