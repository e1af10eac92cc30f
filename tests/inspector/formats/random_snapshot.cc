#include "tests/inspector/formats/random_snapshot.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

namespace muster::inspector::testing {
namespace {

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  Snapshot Run() {
    snapshot_.source = "pid 7";
    snapshot_.format = "live";
    snapshot_.taken_unix_ns = static_cast<int64_t>(random_() >> 2);
    snapshot_.pid = 7;
    snapshot_.procs = 4;
    snapshot_.longest_hold_ns = 1234;
    snapshot_.preamble = "fatal error: all goroutines are asleep - deadlock!";
    snapshot_.notes = {"one goroutine could not be seen"};
    for (int i = 0; i < 20; ++i) snapshot_.frames.push_back(MakeFrame(i));
    for (int i = 0; i < 8; ++i) snapshot_.stacks.push_back(MakeStack());
    snapshot_.mappings = {{0x400000, 0x500000, 0x1000, "/usr/bin/app", "00ff"},
                          {0x7f0000000000, 0x7f0000100000, 0, "/lib/with space.so", ""}};
    for (uint64_t id = 1; id <= 12; ++id) snapshot_.goroutines.push_back(MakeGoroutine(id));
    for (int i = 0; i < 3; ++i) snapshot_.lock_orders.push_back(MakeLockOrder());
    for (int i = 0; i < 3; ++i) snapshot_.resources.push_back(MakeResource());
    snapshot_.live = snapshot_.captured = snapshot_.total();
    return snapshot_;
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool Coin() { return Below(2) == 0; }

  std::string Pick(std::initializer_list<std::string> choices) {
    return *(choices.begin() + static_cast<std::ptrdiff_t>(Below(choices.size())));
  }

  Frame MakeFrame(int i) {
    Frame frame;
    frame.pc = 0x400001 + static_cast<uint64_t>(i) * 16 + Below(8);
    frame.function = Pick({"app::Serve", "app::(anonymous namespace)::Run", "app::{lambda#1}",
                           "app::operator new", "app::Queue<int, 4>::Push"}) +
                     std::to_string(i);
    frame.file = Pick({"/src/app/serve.cc", "/src/with space/run.cc", "queue.h"});
    frame.line = static_cast<int32_t>(1 + Below(5000));
    frame.module = "/usr/bin/app";
    frame.module_offset = frame.pc - 0x400000;
    frame.function_offset = 1 + Below(500);
    return frame;
  }

  Stack MakeStack() {
    Stack stack;
    const uint64_t size = 1 + Below(6);
    for (uint64_t i = 0; i < size; ++i) {
      stack.frames.push_back(static_cast<FrameId>(Below(snapshot_.frames.size())));
    }
    if (Below(8) == 0) stack.elided = static_cast<uint32_t>(1 + Below(100));
    return stack;
  }

  StackId AnyStack() { return static_cast<StackId>(Below(snapshot_.stacks.size())); }

  void SetState(Goroutine* goroutine) {
    static constexpr State kStates[] = {State::kRunnable, State::kRunning, State::kSyscall};
    if (Coin()) {
      goroutine->state = kStates[Below(3)];
      if (Coin()) goroutine->running_ns = static_cast<int64_t>(Below(1'000'000'000'000));
      return;
    }
    goroutine->state = State::kWaiting;
    goroutine->reason = Pick({"chan receive", "chan send (nil chan)", "select", "select (no cases)",
                              "sync.Mutex.Lock", "sync.RWMutex.RLock", "sleep", "IO wait"});
    goroutine->status_flags = Pick({"", "", "(leaked)", "(durable)", "(scan) (leaked)"});
    if (Coin()) goroutine->wait_ns = static_cast<int64_t>(Below(1'000'000'000'000'000));
  }

  Goroutine MakeGoroutine(uint64_t id) {
    Goroutine goroutine;
    goroutine.id = id;
    goroutine.parent_id = Below(id);
    SetState(&goroutine);
    goroutine.stack = AnyStack();
    if (Coin()) goroutine.arguments = MakeArguments(snapshot_.stacks[goroutine.stack]);
    if (Coin()) goroutine.creation_stack = AnyStack();
    if (Coin()) goroutine.labels = {{"job", Pick({"a\"b, c", "\x8b\x99{}", "ünïcode", ""})}};
    if (Coin()) goroutine.labels.emplace_back("test", "Suite.Case");
    goroutine.locked_to_thread = Below(4) == 0;
    goroutine.age_ns = static_cast<int64_t>(Below(1'000'000'000));
    goroutine.tid = static_cast<int32_t>(Below(30000));
    goroutine.deadlocked = Coin();
    goroutine.unstoppable = Coin();
    if (Coin()) goroutine.could_wake = {1 + Below(100), 1 + Below(100)};
    goroutine.held_overflowed = Coin();
    if (Below(6) == 0) goroutine.kind = Kind::kSystem;
    if (goroutine.parent_id != 0) goroutine.ancestors = {goroutine.parent_id};
    for (uint64_t i = Below(3); i > 0; --i) {
      goroutine.waits.push_back({random_(), ObjectKind::kChan, Direction::kReceive});
      goroutine.held.push_back({random_(), ObjectKind::kRWMutex, Direction::kRead, AnyStack()});
    }
    return goroutine;
  }

  Held MakeHeld() {
    return {random_(), Coin() ? ObjectKind::kMutex : ObjectKind::kRWMutex,
            Coin() ? Direction::kWrite : Direction::kNone, Coin() ? AnyStack() : kNoStack};
  }

  LockOrder MakeLockOrder() {
    LockOrder order;
    order.from = MakeHeld();
    order.to = MakeHeld();
    for (uint64_t i = Below(3); i > 0; --i) order.gates.push_back(MakeHeld());
    order.goroutine_id = 1 + Below(12);
    order.first_moment = Below(100);
    order.last_moment = order.first_moment + Below(100);
    for (uint64_t i = Below(3); i > 0; --i) order.ancestors.push_back({random_(), Below(100)});
    if (Coin()) order.joined = {Below(12), Below(100)};
    order.stack = Coin() ? AnyStack() : kNoStack;
    order.creation_stack = Coin() ? AnyStack() : kNoStack;
    return order;
  }

  // As Go prints them: something for each call.
  std::string MakeArguments(const Stack& stack) {
    std::string arguments;
    for (size_t i = 0; i < stack.frames.size(); ++i) {
      if (i > 0) arguments += '\n';
      arguments += Pick({"0xc000123456", "{0x1, 0x2}, 0x3?", "..."});
    }
    return arguments;
  }

  Resource MakeResource() {
    Resource resource;
    resource.address = random_();
    resource.kind = Coin() ? ObjectKind::kRWMutex : ObjectKind::kSemaphore;
    resource.owner_id = 1 + Below(12);
    if (Coin()) resource.owned_ns = static_cast<int64_t>(Below(1000));
    resource.acquired_at = Coin() ? AnyStack() : kNoStack;
    resource.writer_waiting = Coin();
    resource.readers = static_cast<int64_t>(Below(9)) - 3;
    resource.capacity = Below(9);
    resource.length = Below(9);
    resource.closed = Coin();
    resource.creator_id = Below(9);
    resource.created_at = Coin() ? AnyStack() : kNoStack;
    resource.last_holder_id = Below(9);
    resource.counter = -static_cast<int64_t>(Below(9));
    return resource;
  }

  std::mt19937_64 random_;
  Snapshot snapshot_;
};

void DescribeStack(const Snapshot& snapshot, const char* word, StackId id, std::ostream& out) {
  if (id == kNoStack) return;
  out << "  " << word << " elided " << snapshot.stacks[id].elided << '\n';
  for (const FrameId frame_id : snapshot.stacks[id].frames) {
    const Frame& frame = snapshot.frames[frame_id];
    out << "    " << frame.pc << ' ' << frame.function << ' ' << frame.file << ':' << frame.line
        << " inlined " << frame.inlined << " module " << frame.module << '+' << frame.module_offset
        << " offset " << frame.function_offset << '\n';
  }
}

}  // namespace

Snapshot RandomSnapshot(uint64_t seed) { return Maker(seed).Run(); }

std::string Written(const Snapshot& snapshot, Format format, bool all_frames) {
  std::ostringstream out;
  Write(snapshot, format, out, {.all_frames = all_frames});
  return out.str();
}

std::string GoDump(const std::string& name) {
  std::ifstream in(std::string(MUSTER_GO_DUMPS) + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot open " << MUSTER_GO_DUMPS << name;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string Describe(const Snapshot& snapshot) {
  std::ostringstream out;
  out << snapshot.profile << " live " << snapshot.live << " captured " << snapshot.captured
      << " taken " << snapshot.taken_unix_ns << " pid " << snapshot.pid << " procs "
      << snapshot.procs << " hold " << snapshot.longest_hold_ns << " truncated "
      << snapshot.truncated << " searched " << snapshot.reachability_searched << " preamble "
      << snapshot.preamble << '\n';
  for (const std::string& note : snapshot.notes) out << "note " << note << '\n';
  for (const Goroutine& g : snapshot.goroutines) {
    out << g.id << " x" << g.count << " parent " << g.parent_id << " kind "
        << static_cast<int>(g.kind) << " state " << static_cast<int>(g.state) << " [" << g.reason
        << '|' << g.status_flags << "] waited " << g.wait_ns.value_or(-1) << " bound "
        << g.wait_is_lower_bound << " running " << g.running_ns.value_or(-1) << " age " << g.age_ns
        << " locked " << g.locked_to_thread << " tid " << g.tid << " overflow " << g.held_overflowed
        << " note " << g.stack_note << " deadlocked " << g.deadlocked << " unstoppable "
        << g.unstoppable << " arguments " << g.arguments << '\n';
    for (const uint64_t id : g.could_wake) out << "  could be woken by " << id << '\n';
    for (const uint64_t id : g.ancestors) out << "  ancestor " << id << '\n';
    for (const Wait& w : g.waits) {
      out << "  waits " << w.object << ' ' << static_cast<int>(w.kind) << ' '
          << static_cast<int>(w.direction) << '\n';
    }
    for (const Held& h : g.held) {
      out << "  holds " << h.object << ' ' << static_cast<int>(h.kind) << ' '
          << static_cast<int>(h.direction) << '\n';
      DescribeStack(snapshot, "acquired", h.acquired_at, out);
    }
    for (const auto& [key, value] : g.labels) out << "  label " << key << '=' << value << '\n';
    DescribeStack(snapshot, "stack", g.stack, out);
    DescribeStack(snapshot, "created", g.creation_stack, out);
  }
  return out.str();
}

}  // namespace muster::inspector::testing
