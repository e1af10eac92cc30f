// A client that holds many connections to an echo server, one goroutine each; prints how
// many answered, and what the server's memory was.
//
//   echo_load ADDRESS CONNECTIONS SERVER_PID
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "muster/muster.h"

namespace {

std::string ResidentMemory(const char* pid) {
  std::ifstream status(std::string("/proc/") + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return line.substr(6);
  }
  return " unknown";
}

// One echo, so that the connection is known to be served.
bool Ask(muster::net::Conn& conn) {
  if (!conn.Write("ping").err.ok()) return false;
  std::string answer;
  while (answer.size() < 4) {
    char buffer[8];
    const auto [n, err] = conn.Read(buffer);
    if (!err.ok()) return false;
    answer.append(buffer, n);
  }
  return answer == "ping";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const int wanted = std::atoi(argv[2]);
  return muster::Run([&] {
    std::atomic<int> served{0};
    auto release = muster::MakeChan<int>();
    // Not all dial at once: the listener's queue is shorter than that.
    auto dialling = muster::MakeChan<int>(256);
    muster::WaitGroup answered, gone;
    for (int i = 0; i < wanted; ++i) {
      dialling.Send(1);
      answered.Add(1);
      gone.Go([&] {
        auto conn = muster::net::Dial("tcp", argv[1]);
        const bool ok = conn.ok() && Ask(*conn);
        if (!conn.ok()) std::fprintf(stderr, "%s\n", std::string(conn.status().message()).c_str());
        if (ok) ++served;
        dialling.Recv();
        answered.Done();
        release.Recv();
        // It is still served, with all the others open.
        if (ok && !Ask(*conn)) --served;
      });
    }
    answered.Wait();
    std::printf("%d of %d connections held at once; the server's memory:%s\n", served.load(),
                wanted, ResidentMemory(argv[3]).c_str());
    std::fflush(stdout);
    release.Close();
    gone.Wait();
    std::printf("%d served to the end\n", served.load());
    return served == wanted ? 0 : 1;
  });
}
