// Does what its first argument says, so that muster-stress has something to find.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>

namespace {

int g_shared = 0;
int g_other = 0;
std::mutex g_mutex;

__attribute__((noinline)) void TouchShared() { ++g_shared; }
__attribute__((noinline)) void TouchOther() { ++g_other; }

// Two threads that nothing orders.
void Race(void (*touch)()) {
  std::thread other(touch);
  touch();
  other.join();
}

void Clean() {
  std::thread other([] {
    const std::lock_guard lock(g_mutex);
    TouchShared();
  });
  {
    const std::lock_guard lock(g_mutex);
    TouchShared();
  }
  other.join();
}

long Seed() {
  const char* seed = std::getenv("MUSTER_SEED");
  return seed == nullptr ? 0 : std::atol(seed);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "clean";
  if (what == "clean") {
    Clean();
  } else if (what == "race") {
    Race(TouchShared);
  } else if (what == "two-races") {
    Race(TouchShared);
    Race(TouchOther);
  } else if (what == "race-on-even-seeds") {
    if (Seed() % 2 == 0) Race(TouchOther);
  } else if (what == "crash") {
    std::puts("about to crash");
    std::fflush(stdout);
    signal(SIGABRT, SIG_DFL);
    std::abort();
  } else if (what == "exit-on-seed-12") {
    return Seed() == 12 ? 3 : 0;
  } else if (what == "hang") {
    std::puts("hanging");
    std::fflush(stdout);
    for (;;) pause();
  } else if (what == "asleep") {
    std::fprintf(stderr,
                 "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine %ld [chan "
                 "receive]:\nmain()\n\t/src/app.cc:7 +0x%lx\n",
                 Seed(), Seed());
    return 2;
  } else if (what == "tsan-cannot-start") {
    return 66;
  } else if (what == "interrupt-us-at-seed-14") {
    // Once: the file says that it was done.
    if (Seed() == 14 && access(argv[2], F_OK) != 0) {
      std::fclose(std::fopen(argv[2], "w"));
      kill(getppid(), SIGINT);
      for (;;) pause();
    }
    return Seed() == 12 ? 3 : 0;
  } else if (what == "seed") {
    std::printf("seed %ld\n", Seed());
    return 4;
  }
  return 0;
}
