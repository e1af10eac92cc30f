// Three goroutines that wait on a channel for good, while the main thread waits for the end of its
// input. It says where its endpoint is; the argument says what else it does first.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "muster/inspector/endpoint.h"
#include "muster/muster.h"

namespace {

__attribute__((noinline)) void WaitForWork(const muster::Chan<int>& work) {
  work.Recv();
  asm volatile("");
}

void StartWorkers() {
  const auto work = muster::MakeChan<int>(0);
  for (int i = 0; i < 3; ++i) {
    muster::Go([work] { WaitForWork(work); });
  }
}

// A child that ends as a whole program does, with its exit handlers.
void ForkAChild() {
  const pid_t child = fork();
  if (child == 0) {
    std::printf("child:%s\n", muster::inspector::EndpointAddress().c_str());
    std::exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("child status %d\n", status);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  StartWorkers();
  if (mode == "fork") ForkAChild();
  if (mode == "again") {
    const absl::Status again = muster::inspector::StartEndpoint();
    std::printf("again %s\n", again.ok() ? "ok" : "failed");
  }
  std::printf("ready %s\n", muster::inspector::EndpointAddress().c_str());
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  if (mode == "deadlock") muster::Run([] { muster::MakeChan<int>(0).Recv(); });
  return 0;
}
