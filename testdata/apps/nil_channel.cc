// Broken: a channel that was declared and never made.
//
// The bug: a default-constructed Chan is Go's nil channel. Sending to it is no error: it waits for
// ever. The cure: nil_channel_fixed.cc.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Logger {
  muster::Chan<std::string> lines;  // Nobody calls MakeChan.
};

void Serve() {
  const Logger logger;
  muster::Go([logger] { logger.lines.Send("request served"); });
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Serve); }
