#include "inspector/capture/process.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace muster::inspector {
namespace {

std::string ProcPath(int pid, const char* name) { return absl::StrCat("/proc/", pid, "/", name); }

}  // namespace

std::optional<uid_t> ProcessOwner(int pid) {
  struct stat status;
  if (pid <= 0 || stat(absl::StrCat("/proc/", pid).c_str(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

std::string ProgramName(int pid) {
  std::ifstream command_line(ProcPath(pid, "cmdline"));
  std::string name;
  std::getline(command_line, name, '\0');
  name = std::filesystem::path(name).filename().string();
  if (name.empty()) {
    std::ifstream short_name(ProcPath(pid, "comm"));
    std::getline(short_name, name);
  }
  return name;
}

std::optional<std::string> EnvironmentOf(int pid, std::string_view variable) {
  std::ifstream environment(ProcPath(pid, "environ"));
  std::string entry;
  while (std::getline(environment, entry, '\0')) {
    if (entry.size() > variable.size() && entry.starts_with(variable) &&
        entry[variable.size()] == '=') {
      return entry.substr(variable.size() + 1);
    }
  }
  return std::nullopt;
}

std::string WorkingDirectory(int pid) {
  std::error_code error;
  return std::filesystem::read_symlink(ProcPath(pid, "cwd"), error).string();
}

}  // namespace muster::inspector
