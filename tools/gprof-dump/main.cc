// gprof-dump: goroutine dumps and checks from the command line.
#include <csignal>
#include <string>
#include <variant>
#include <vector>

#include "tools/gprof-dump/command_line.h"
#include "tools/gprof-dump/describe.h"

namespace muster::gprof_dump {
namespace {

struct Run {
  int operator()(const Finished& finished) const { return finished.exit_code; }
  int operator()(const PsOptions& options) const { return RunPs(options); }
  int operator()(const DumpOptions& options) const { return RunDump(options); }
  int operator()(const CheckOptions& options) const { return RunCheck(options); }
  int operator()(const ListVerb& verb) const { return RunList(verb); }
  int operator()(const TreeVerb& verb) const { return RunTree(verb); }
  int operator()(const GraphVerb& verb) const { return RunGraph(verb); }
  int operator()(const FlameVerb& verb) const { return RunFlame(verb); }
  int operator()(const DiffVerb& verb) const { return RunDiff(verb); }
  int operator()(const WatchVerb& verb) const { return RunWatch(verb); }
  int operator()(const RecordVerb& verb) const { return RunRecord(verb); }
  int operator()(const ReplayVerb& verb) const { return RunReplay(verb); }
  int operator()(const TopVerb& verb) const { return RunTop(verb); }
  int operator()(const CompletionVerb& verb) const { return RunCompletion(verb); }
  int operator()(const ManVerb& verb) const { return RunMan(verb); }
};

}  // namespace

int RunCommand(const Command& command) { return std::visit(Run{}, command); }

}  // namespace muster::gprof_dump

int main(int argc, char** argv) {
  // A reader that goes away must not hide the verdict: `check TARGET | head -1` still exits with 1.
  std::signal(SIGPIPE, SIG_IGN);
  using muster::gprof_dump::ParseCommandLine;
  return muster::gprof_dump::RunCommand(ParseCommandLine({argv + 1, argv + argc}));
}
