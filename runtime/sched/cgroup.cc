#include "runtime/sched/cgroup.h"

#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::sched {
namespace {

using Fields = std::vector<std::string>;

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double Ratio(const std::string& quota_text, const std::string& period_text) {
  double quota = 0, period = 0;
  if (!absl::SimpleAtod(quota_text, &quota) || !absl::SimpleAtod(period_text, &period) ||
      quota <= 0 || period <= 0) {
    return 0;  // "max" and -1 stand for no limit
  }
  return quota / period;
}

double LimitOfGroup(const std::string& directory, bool v2) {
  if (!v2) {
    return Ratio(FirstLine(directory + "/cpu.cfs_quota_us"),
                 FirstLine(directory + "/cpu.cfs_period_us"));
  }
  const Fields fields =
      absl::StrSplit(FirstLine(directory + "/cpu.max"), ' ', absl::SkipWhitespace());
  return fields.size() == 2 ? Ratio(fields[0], fields[1]) : 0;
}

bool Lists(const std::string& names, const std::string& name) {
  for (const absl::string_view part : absl::StrSplit(names, ',')) {
    if (part == name) return true;
  }
  return false;
}

// The group that decides about CPUs: a path in its hierarchy.
struct Group {
  std::string path;
  bool v2 = true;
  bool found = false;
};

// Where a hierarchy has the cpu controller in version 1, that one counts.
Group FindGroup(const std::string& root) {
  Group group;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const Fields fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    if (Lists(fields[1], "cpu")) return {fields[2], false, true};
    if (fields[0] == "0" && fields[1].empty()) group = {fields[2], true, true};
  }
  return group;
}

// Where the hierarchy is mounted, and which of its groups that is.
struct Mount {
  std::string point;
  std::string group;
};

Mount FindMount(const std::string& root, bool v2) {
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> halves = absl::StrSplit(line, absl::MaxSplits(" - ", 1));
    if (halves.size() != 2) continue;
    const Fields place = absl::StrSplit(halves[0], ' ');
    const Fields kind = absl::StrSplit(halves[1], ' ');
    if (place.size() < 5 || kind.size() < 3) continue;
    if (v2 ? kind[0] == "cgroup2" : kind[0] == "cgroup" && Lists(kind[2], "cpu")) {
      return {place[4], place[3]};
    }
  }
  return {};
}

// `path` as seen from the group `top`; a path outside of it (another namespace's) counts as `top`.
std::string Below(const std::string& path, const std::string& top) {
  if (top == "/") return path == "/" ? "" : path;
  if (path.rfind(top, 0) == 0 && (path.size() == top.size() || path[top.size()] == '/')) {
    return path.substr(top.size());
  }
  return "";
}

}  // namespace

double CgroupCpuLimit(const std::string& root) {
  const Group group = FindGroup(root);
  if (!group.found) return 0;
  const Mount mount = FindMount(root, group.v2);
  if (mount.point.empty()) return 0;
  double limit = 0;
  for (std::string path = Below(group.path, mount.group);;) {
    const double own = LimitOfGroup(absl::StrCat(root, mount.point, path), group.v2);
    if (own > 0 && (limit == 0 || own < limit)) limit = own;
    if (path.empty()) return limit;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

}  // namespace muster::sched
