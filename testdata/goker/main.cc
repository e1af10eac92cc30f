// goker KERNEL [--variant=buggy|fixed] [--seed=N] [--run]: runs one kernel under one schedule.
//
// By default the kernel is judged from outside and one line of JSON is printed. With --run it is
// the program's main goroutine and nothing watches but the runtime, and ThreadSanitizer where it
// is built in: the exit status and what they print are the verdict. Without a name the kernels are
// listed: name, subtype and tags, tab-separated.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "testdata/goker/judge.h"
#include "testdata/goker/kernel.h"

namespace {

int Usage() {
  std::fputs("usage: goker [KERNEL [--variant=buggy|fixed] [--seed=N] [--run]]\n", stderr);
  return 2;
}

// The runtime reads its seed before main: a process with another one must begin again.
void UseSeed(char** argv, const std::string& seed) {
  const char* now = std::getenv("MUSTER_SEED");
  if (now != nullptr && seed == now) return;
  setenv("MUSTER_SEED", seed.c_str(), 1);
  execv("/proc/self/exe", argv);
  std::perror("goker: exec");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    for (const goker::Kernel& kernel : goker::Kernels()) {
      std::printf("%s\t%s\t%s\n", kernel.name, kernel.subtype, kernel.tags);
    }
    return 0;
  }
  bool buggy = true, run = false;
  uint64_t seed = 0;
  // muster-stress gives it so.
  if (const char* given = std::getenv("MUSTER_SEED")) (void)absl::SimpleAtoi(given, &seed);
  for (int i = 2; i < argc; ++i) {
    const absl::string_view argument = argv[i];
    if (argument == "--run") {
      run = true;
    } else if (argument == "--variant=buggy" || argument == "--variant=fixed") {
      buggy = argument == "--variant=buggy";
    } else if (!absl::StartsWith(argument, "--seed=") ||
               !absl::SimpleAtoi(absl::StripPrefix(argument, "--seed="), &seed)) {
      return Usage();
    }
  }
  UseSeed(argv, std::to_string(seed));
  goker::SeedDraws(seed);
  for (const goker::Kernel& kernel : goker::Kernels()) {
    if (std::strcmp(kernel.name, argv[1]) != 0) continue;
    if (run) {
      muster::Run([&kernel, buggy] { kernel.body(buggy); });
      // Those it left behind may still have something to say.
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } else {
      goker::Judge(kernel, buggy);
    }
    std::fflush(stdout);
    _exit(0);
  }
  std::fprintf(stderr, "goker: no kernel %s\n", argv[1]);
  return 2;
}
