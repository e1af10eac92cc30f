// The lines of debug=1 dumps: what each kind looks like, with and without the leading `#`.
#ifndef MUSTER_INSPECTOR_FORMATS_TEXT1_LINES_H_
#define MUSTER_INSPECTOR_FORMATS_TEXT1_LINES_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// "goroutine profile: total 9"
struct ProfileHeader {
  std::string_view name;
  uint64_t total = 0;
};
std::optional<ProfileHeader> ParseProfileHeader(std::string_view line);

// "2 @ 0x103b125 0x106cd1f"
struct Bucket {
  uint64_t count = 0;
  std::vector<uint64_t> addresses;
  bool cut = false;  // the last address is followed by something else
};
std::optional<Bucket> ParseBucket(std::string_view line);
// A line of addresses only, to which a wrapped bucket line goes on; appends them.
bool AppendAddresses(std::string_view line, std::vector<uint64_t>* addresses);

// "#\t0x106cd1e\ttime.Sleep+0xbe\t\t/usr/lib/go/src/time/sleep.go:188"; an unknown function has
// only its address.
struct FrameLine {
  uint64_t address = 0;
  std::string_view function;
  uint64_t offset = 0;
  std::string_view file;
  int32_t line = 0;
  bool whole = false;  // the file and line are there, or nothing but the address is
};
std::optional<FrameLine> ParseFrameLine(std::string_view line);

// "00400000-00500000 r-xp 00001000 08:01 123 /usr/bin/x"
std::optional<Mapping> ParseMapping(std::string_view line);

// What stands behind "# word: " (also without the `#`); nullopt when the line is another.
std::optional<std::string_view> ParseExtra(std::string_view line, std::string_view word);

// "0x4010 main::Run at /src/main.cc:12", as our own dumps name a creator.
std::optional<Frame> ParseCreatorFrame(std::string_view text);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_TEXT1_LINES_H_
