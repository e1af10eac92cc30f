// Healthy: the twin of nil_channel.cc. The channel is made where it is declared.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Logger {
  muster::Chan<std::string> lines = muster::MakeChan<std::string>(16);
};

void Serve() {
  const Logger logger;
  muster::Go([logger] { logger.lines.Send("request served"); });
  std::printf("log: %s\n", logger.lines.Recv().value().c_str());
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Serve); }
