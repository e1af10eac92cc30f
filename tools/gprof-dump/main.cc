// gprof-dump: goroutine dumps and checks from the command line.
#include <csignal>
#include <string>
#include <variant>
#include <vector>

#include "tools/gprof-dump/check.h"
#include "tools/gprof-dump/command_line.h"
#include "tools/gprof-dump/dump.h"
#include "tools/gprof-dump/ps.h"

namespace {

using muster::gprof_dump::CheckOptions;
using muster::gprof_dump::DumpOptions;
using muster::gprof_dump::Finished;
using muster::gprof_dump::PsOptions;

struct Run {
  int operator()(const Finished& finished) const { return finished.exit_code; }
  int operator()(const PsOptions& options) const { return muster::gprof_dump::RunPs(options); }
  int operator()(const DumpOptions& options) const { return muster::gprof_dump::RunDump(options); }
  int operator()(const CheckOptions& options) const {
    return muster::gprof_dump::RunCheck(options);
  }
};

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away must not hide the verdict: `check TARGET | head -1` still exits with 1.
  std::signal(SIGPIPE, SIG_IGN);
  return std::visit(Run{}, muster::gprof_dump::ParseCommandLine({argv + 1, argv + argc}));
}
