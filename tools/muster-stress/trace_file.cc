#include "tools/muster-stress/trace_file.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace muster::stress {
namespace {

constexpr char kMagic[] = "mstrace1";
constexpr uint32_t kPreemptiveBit = uint32_t{1} << 31;
// The runtime keeps no more.
constexpr uint64_t kMostDecisions = uint64_t{1} << 22;

}  // namespace

std::vector<Decision> ReadTrace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 8> magic{};
  uint64_t count = 0;
  file.read(magic.data(), magic.size());
  file.read(reinterpret_cast<char*>(&count), sizeof(count));
  if (!file || std::memcmp(magic.data(), kMagic, magic.size()) != 0) return {};
  std::vector<Decision> trace;
  for (uint64_t i = 0; i < std::min(count, kMostDecisions); ++i) {
    std::array<uint32_t, 2> record{};
    if (!file.read(reinterpret_cast<char*>(record.data()), sizeof(record))) break;
    trace.push_back({.options = record[0] & ~kPreemptiveBit,
                     .chosen = record[1],
                     .preemptive = (record[0] & kPreemptiveBit) != 0});
  }
  return trace;
}

std::string ReplayText(const std::vector<Decision>& trace) {
  size_t end = trace.size();
  while (end > 0 && trace[end - 1].chosen == 0) --end;
  std::string text = "replay:";
  for (size_t i = 0; i < end;) {
    size_t times = 1;
    while (i + times < end && trace[i + times].chosen == trace[i].chosen) ++times;
    if (i > 0) text += '.';
    text += std::to_string(trace[i].chosen);
    if (times > 1) text.append("*").append(std::to_string(times));
    i += times;
  }
  return text;
}

uint64_t Preemptions(const std::vector<Decision>& trace) {
  return static_cast<uint64_t>(std::count_if(
      trace.begin(), trace.end(), [](const Decision& d) { return d.preemptive && d.chosen != 0; }));
}

TempTrace::TempTrace() : path_(std::filesystem::temp_directory_path() / "muster-stress.XXXXXX") {
  const int file = mkstemp(path_.data());
  if (file < 0) throw std::runtime_error("no temporary file: " + path_);
  close(file);
}

TempTrace::~TempTrace() { unlink(path_.c_str()); }

}  // namespace muster::stress
