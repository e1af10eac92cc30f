// Looks at itself with the installed gprof-dump, through its own endpoint: `inspected GPROF_DUMP`.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "muster/inspector/endpoint.h"
#include "muster/muster.h"

namespace {

// What a command prints, standard error included.
std::string Output(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  pclose(pipe);
  return text;
}

}  // namespace

void WaitForAnOrderThatNeverComes(const muster::Chan<int>& orders) { orders.Recv(); }

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: inspected GPROF_DUMP\n");
    return 2;
  }
  return muster::Run([&] {
    auto orders = muster::MakeChan<int>();
    muster::Go([orders] { WaitForAnOrderThatNeverComes(orders); });
    muster::runtime::Gosched();

    if (muster::inspector::EndpointAddress().empty()) {
      std::fprintf(stderr, "the endpoint did not start with the first goroutine\n");
      return 1;
    }
    const std::string command =
        std::string(argv[1]) + " " + std::to_string(getpid()) + " --format=text2";
    const std::string dump = Output(command);
    const bool named = dump.find("WaitForAnOrderThatNeverComes") != std::string::npos &&
                       dump.find("inspected.cc:") != std::string::npos &&
                       dump.find("chan receive") != std::string::npos &&
                       dump.find("created by") != std::string::npos;
    if (!named) std::fprintf(stderr, "%s printed:\n%s\n", command.c_str(), dump.c_str());
    orders.Close();
    return named ? 0 : 1;
  });
}
