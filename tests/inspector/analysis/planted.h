// Planted: a snapshot built by hand, goroutine by goroutine, with the bug or the healthy twin that
// a test is about. It is complete (N = M) and live unless the test says otherwise.
#ifndef MUSTER_TESTS_INSPECTOR_ANALYSIS_PLANTED_H_
#define MUSTER_TESTS_INSPECTOR_ANALYSIS_PLANTED_H_

#include <string>
#include <utility>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/model.h"

namespace muster::inspector::planted {

inline constexpr int64_t kSecond = 1'000'000'000;

class Planted {
 public:
  Planted() : interner_(&snapshot) { snapshot.format = "live"; }
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;

  // A stack of frames "function@file:line", leaf first; "function" alone has no place.
  StackId Stack(const std::vector<std::string>& frames) {
    inspector::Stack stack;
    for (const std::string& text : frames) stack.frames.push_back(interner_.InternFrame(At(text)));
    return interner_.InternStack(std::move(stack));
  }

  // The last goroutine that was added; later calls on the builder may move it.
  Goroutine& last() { return snapshot.goroutines.back(); }

  Goroutine& Running(uint64_t id) {
    Goroutine goroutine;
    goroutine.id = id;
    goroutine.state = State::kRunning;
    goroutine.stack = Stack({"Busy@busy.cc:" + std::to_string(id)});
    goroutine.creation_stack = Stack({"main@app.cc:12"});
    goroutine.parent_id = id == 1 ? 0 : 1;
    goroutine.age_ns = 10 * kSecond;
    snapshot.goroutines.push_back(std::move(goroutine));
    ++snapshot.live;
    ++snapshot.captured;
    return last();
  }

  Goroutine& Waiting(uint64_t id, const std::string& reason, std::vector<Wait> waits = {}) {
    Goroutine& goroutine = Running(id);
    goroutine.state = State::kWaiting;
    goroutine.reason = reason;
    goroutine.waits = std::move(waits);
    goroutine.wait_ns = 5 * kSecond;
    goroutine.stack = Stack({"Work@work.cc:" + std::to_string(id)});
    return goroutine;
  }

  Goroutine& WaitsForMutex(uint64_t id, uint64_t mutex) {
    return Waiting(id, "sync.Mutex.Lock", {{mutex, ObjectKind::kMutex, Direction::kNone}});
  }
  Goroutine& WaitsToRead(uint64_t id, uint64_t lock) {
    return Waiting(id, "sync.RWMutex.RLock", {{lock, ObjectKind::kRWMutex, Direction::kRead}});
  }
  Goroutine& WaitsToWrite(uint64_t id, uint64_t lock) {
    return Waiting(id, "sync.RWMutex.Lock", {{lock, ObjectKind::kRWMutex, Direction::kWrite}});
  }
  Goroutine& Receives(uint64_t id, uint64_t chan) {
    return Waiting(id, "chan receive", {{chan, ObjectKind::kChan, Direction::kReceive}});
  }
  Goroutine& Sends(uint64_t id, uint64_t chan) {
    return Waiting(id, "chan send", {{chan, ObjectKind::kChan, Direction::kSend}});
  }
  // A foreign thread; not counted in N and M.
  Goroutine& Thread(uint64_t id, State state, const std::string& reason = "") {
    Goroutine& thread = Waiting(id, reason);
    thread.kind = Kind::kThread;
    thread.state = state;
    --snapshot.live;
    --snapshot.captured;
    return thread;
  }

  Resource& Owned(uint64_t address, ObjectKind kind, uint64_t owner) {
    Resource resource;
    resource.address = address;
    resource.kind = kind;
    resource.owner_id = owner;
    resource.owned_ns = 6 * kSecond;
    resource.acquired_at = Stack({"Take@bank.cc:" + std::to_string(owner)});
    snapshot.resources.push_back(resource);
    return snapshot.resources.back();
  }
  Resource& Mutex(uint64_t address, uint64_t owner) {
    return Owned(address, ObjectKind::kMutex, owner);
  }
  Resource& RWMutex(uint64_t address, uint64_t writer) {
    return Owned(address, ObjectKind::kRWMutex, writer);
  }
  Resource& Chan(uint64_t address, uint64_t creator, uint64_t references) {
    Resource& resource = Owned(address, ObjectKind::kChan, 0);
    resource.owned_ns.reset();
    resource.creator_id = creator;
    resource.references = references;
    return resource;
  }
  // The last goroutine holds a read lock.
  void HoldsForReading(uint64_t lock) {
    last().held.push_back(
        {lock, ObjectKind::kRWMutex, Direction::kRead, Stack({"Take@reader.cc:5"})});
  }

  std::vector<Finding> Analyze(const AnalyzeOptions& options = {}) const {
    return inspector::Analyze(snapshot, options);
  }

  Snapshot snapshot;

 private:
  static Frame At(const std::string& text) {
    Frame frame;
    const size_t at = text.find('@');
    frame.function = text.substr(0, at);
    if (at == std::string::npos) return frame;
    const size_t colon = text.rfind(':');
    frame.file = text.substr(at + 1, colon - at - 1);
    frame.line = std::stoi(text.substr(colon + 1));
    return frame;
  }

  Interner interner_;
};

// The rules of the findings, in their order.
inline std::vector<std::string> Rules(const std::vector<Finding>& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings) rules.push_back(finding.rule);
  return rules;
}

}  // namespace muster::inspector::planted

#endif  // MUSTER_TESTS_INSPECTOR_ANALYSIS_PLANTED_H_
