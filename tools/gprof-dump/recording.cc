#include "tools/gprof-dump/recording.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "muster/inspector/formats.h"
#include "tools/gprof-dump/output.h"

namespace muster::gprof_dump {
namespace {

constexpr std::string_view kPrefix = "snapshot-";
constexpr std::string_view kSuffix = ".wire";

bool IsSnapshotName(std::string_view name) {
  return name.starts_with(kPrefix) && name.ends_with(kSuffix);
}

std::vector<std::string> SnapshotsIn(const std::string& directory, std::error_code* error) {
  std::vector<std::string> paths;
  for (std::filesystem::directory_iterator it(directory, *error), end; !*error && it != end;
       it.increment(*error)) {
    if (IsSnapshotName(it->path().filename().string())) paths.push_back(it->path().string());
  }
  // Numbers of more digits than usual are larger, whatever they begin with.
  std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return paths;
}

}  // namespace

absl::Status PrepareRecording(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  std::vector<std::string> there;
  if (!error) there = SnapshotsIn(directory, &error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write to ", directory, ": ", error.message(), "; choose another -o"));
  }
  if (there.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(directory, " has a recording already; remove it or choose another -o"));
}

absl::Status SaveSnapshot(const std::string& directory, size_t number,
                          const inspector::Snapshot& snapshot) {
  const std::string path =
      absl::StrFormat("%s/%s%06d%s", directory, std::string(kPrefix), number, std::string(kSuffix));
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open(path);
  if (!output.ok()) return output.status();
  inspector::Write(snapshot, inspector::Format::kWire, (*output)->stream());
  return (*output)->Finish();
}

absl::StatusOr<std::vector<std::string>> ListRecording(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> paths = SnapshotsIn(directory, &error);
  if (error == std::errc::no_such_file_or_directory) {
    return absl::NotFoundError(absl::StrCat(
        directory, ": no such directory; name one that gprof-dump record has written"));
  }
  if (error == std::errc::permission_denied) {
    return absl::PermissionDeniedError(absl::StrCat(directory, ": ", error.message()));
  }
  if (error || paths.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        directory, " is no recording; name a directory that gprof-dump record has written"));
  }
  return paths;
}

bool IsRecording(const std::string& target) {
  std::error_code error;
  return std::filesystem::is_directory(target, error);
}

}  // namespace muster::gprof_dump
