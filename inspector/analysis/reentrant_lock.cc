// self-deadlock, from a Go dump, which names no owners: a method waits for a lock inside its own
// receiver, called back, through another object, by a method of that same receiver:
//
//   sync.(*RWMutex).RLock(0xc0000cdb8c)     the lock lies inside the object at 0xc0000cdb80
//   server.(*stream).ackMsg(0xc0000cdb80)   wants it
//   server.(*consumer).processAck(0xc00..)  another object in between
//   server.(*stream).update(0xc0000cdb80)   perhaps holds it
//
// Suspected: that the outer method holds the lock is the usual reason for such a wait, but the dump
// does not say so; it may also just wait for somebody else. Only waits of a minute or more count
// (or those that outlasted a test), and a direct call from one method to another of the same object
// does not: that is everyday code.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/dump_frames.h"

namespace muster::inspector::analysis {
namespace {

struct Reentry {
  const Frame* wants = nullptr;
  const Frame* outer = nullptr;
  uint64_t lock = 0;
};

std::optional<Reentry> FindReentry(const std::vector<Call>& calls) {
  Reentry found;
  uint64_t receiver = 0;
  bool called_back = false;
  for (const Call& call : calls) {
    const Frame& frame = *call.frame;
    if (found.wants == nullptr && IsLockFrame(frame)) {
      if (found.lock == 0) found.lock = FirstArgument(call).value_or(0);
      continue;
    }
    const uint64_t argument = FirstArgument(call).value_or(0);
    const std::string_view type = ReceiverType(frame.function);
    if (found.wants == nullptr) {
      if (type.empty() || argument == 0 || found.lock < argument ||
          found.lock - argument >= kObjectSize) {
        return std::nullopt;
      }
      found.wants = &frame;
      receiver = argument;
    } else if (argument != receiver || type != ReceiverType(found.wants->function)) {
      called_back = called_back || !type.empty();
    } else if (called_back) {
      found.outer = &frame;
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Verdict> FindReentrantLocks(const Case& c) {
  std::vector<Verdict> verdicts;
  for (Index i = 0; i < c.view.size(); ++i) {
    const Goroutine& g = c.at(i);
    if (c.explained[i] || !WaitsForLock(g) || !WaitsTooLong(c, i)) continue;
    const std::optional<Reentry> reentry = FindReentry(Calls(c, i));
    if (!reentry.has_value()) continue;
    const std::string lock = absl::StrCat("0x", absl::Hex(reentry->lock));
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "self-deadlock";
    finding.certainty = Certainty::kSuspected;
    finding.title = "a method called back waits for a lock of its own receiver";
    finding.goroutines = IdsOf(c, {i});
    finding.objects = {reentry->lock};
    finding.count = g.count;
    finding.explanation = absl::StrCat(
        c.words.Name(g), " waits in ", Where(*reentry->wants), " for the lock at ", lock,
        " inside its receiver, and is itself called from ", Where(*reentry->outer),
        " of that same object, which may hold the lock; the dump does not say who holds it.");
    finding.actors = {absl::StrCat("the holder of ", lock, " must unlock it")};
    verdict.explains = {i};
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
