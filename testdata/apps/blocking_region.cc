// The cure of blocking_call.cc: the call is marked, and somebody else has the P meanwhile.
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

// Until there is something to read.
void AwaitInput(int fd) {
  pollfd entry = {fd, POLLIN, 0};
  muster::Blocking([&] { return poll(&entry, 1, -1); });
}

void Ask() {
  muster::runtime::GOMAXPROCS(1);
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) return;
  muster::Go([to = ends[1]] {
    if (write(to, "42", 2) != 2) std::perror("write");
  });
  AwaitInput(ends[0]);
  std::printf("answered\n");
  close(ends[0]);
  close(ends[1]);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Ask); }
