#include "inspector/endpoint/fatal_symbols.h"

#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/endpoint/tool_thread.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

// Reading the debug information of a large program for the first time takes a second or two.
constexpr time_t kPatienceSeconds = 10;

// The one question that is under way. Semaphores, since they may be posted in a signal handler.
struct Desk {
  int pid = 0;
  sem_t turn;      // held by who asks
  sem_t asked;     // posted by who asks
  sem_t answered;  // posted by the thread
  std::atomic<bool> closed{false};
  uint64_t address = 0;
  bool known = false;
  std::array<char, 1024> text;
};

// Null until the thread runs; never destroyed.
std::atomic<Desk*> desk{nullptr};

bool WaitFor(sem_t* semaphore) {
  timespec limit;
  clock_gettime(CLOCK_MONOTONIC, &limit);
  limit.tv_sec += kPatienceSeconds;
  int result = 0;
  do {
    result = sem_clockwait(semaphore, CLOCK_MONOTONIC, &limit);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

// "function\tfile:line", or "function\tmodule+offset" without a line; "" when nothing is known.
std::string Describe(const std::vector<Frame>& frames) {
  const auto user = std::find_if_not(frames.begin(), frames.end(), IsRuntimeFrame);
  const Frame& frame = user != frames.end() ? *user : frames.front();
  if (frame.function.empty()) return "";
  if (!frame.file.empty()) {
    return absl::StrCat(frame.function, "\t", frame.file, ":", frame.line);
  }
  return absl::StrCat(frame.function, "\t", frame.module, "+0x", absl::Hex(frame.module_offset));
}

void Serve(Desk* own) {
  std::unique_ptr<Symbolizer> symbolizer;
  while (true) {
    while (sem_wait(&own->asked) != 0) {
    }
    if (symbolizer == nullptr) symbolizer = Symbolizer::ForProcess(own->pid);
    const std::string text = Describe(symbolizer->Resolve(own->address));
    own->known = !text.empty();
    const size_t length = std::min(text.size(), own->text.size() - 1);
    std::memcpy(own->text.data(), text.data(), length);
    own->text[length] = '\0';
    sem_post(&own->answered);
  }
}

}  // namespace

absl::Status StartFatalSymbols() {
  auto* own = new Desk;
  own->pid = getpid();
  sem_init(&own->turn, 0, 1);
  sem_init(&own->asked, 0, 0);
  sem_init(&own->answered, 0, 0);
  absl::Status started = StartToolThread("muster-symbols", [own] { Serve(own); });
  if (started.ok()) {
    desk.store(own, std::memory_order_release);  // read by FatalSymbolize
  } else {
    delete own;
  }
  return started;
}

bool FatalSymbolize(uint64_t address, char* out, uint64_t size) {
  Desk* own = desk.load(std::memory_order_acquire);
  if (own == nullptr || size == 0 || own->pid != getpid() || own->closed.load()) return false;
  if (!WaitFor(&own->turn)) return false;
  bool known = false;
  if (!own->closed.load()) {
    own->address = address;
    sem_post(&own->asked);
    if (WaitFor(&own->answered)) {
      known = own->known;
      const size_t length = std::min<size_t>(std::strlen(own->text.data()), size - 1);
      std::memcpy(out, own->text.data(), length);
      out[length] = '\0';
    } else {
      // The thread is stuck; its late answer must not be taken for the next question's.
      own->closed.store(true);
    }
  }
  sem_post(&own->turn);
  return known;
}

}  // namespace muster::inspector
