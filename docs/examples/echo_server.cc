// An echo server (echo_server.h). It runs until its standard input ends, then closes what is open,
// and waits until every goroutine has gone.
//
//   echo_server [ADDRESS]
#include "echo_server.h"

#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "muster/os.h"

int main(int argc, char** argv) {
  return muster::Run([&] {
    auto listener = muster::net::Listen("tcp", argc > 1 ? argv[1] : "127.0.0.1:7000");
    if (!listener.ok()) {
      std::fprintf(stderr, "%s\n", std::string(listener.status().message()).c_str());
      return 1;
    }
    std::printf("%s\n", listener->Address().String().c_str());
    std::fflush(stdout);
    EchoServer server(*listener);
    muster::WaitGroup serving;
    serving.Go([&] { server.Serve(); });
    muster::os::File in = muster::os::Stdin();
    for (char buffer[64]; in.Read(buffer).err.ok();) {
    }
    server.Shutdown();
    serving.Wait();
    return 0;
  });
}
