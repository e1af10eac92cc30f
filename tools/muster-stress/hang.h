// Hangs: what the goroutines that a stuck program has printed tell, and dumps as keys.
#ifndef TOOLS_MUSTER_STRESS_HANG_H_
#define TOOLS_MUSTER_STRESS_HANG_H_

#include <string>
#include <string_view>
#include <vector>

namespace muster::stress {

struct Hang {
  std::string verdict;  // one line
  std::string dump;     // of the goroutines; "" if the program has not printed them
  std::string key;      // equal for hangs at the same places
};

// JudgeHang looks for the report of SIGQUIT in the output of a run that did not end in time. A
// cycle of goroutines that each wait for a lock which the next one holds is a deadlock. Otherwise
// the verdict says whether anybody could go on, and counts who waits for what.
Hang JudgeHang(std::string_view output);

// The parts of which the keys of dumps and panics are made.
std::vector<std::string_view> Lines(std::string_view text);
// Hexadecimal addresses and offsets, and goroutine numbers, differ from run to run.
std::string WithoutNumbers(std::string_view line);
// A dump is known by the places at which its goroutines stand: its indented lines.
std::string PlacesKey(std::string_view dump);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_HANG_H_
