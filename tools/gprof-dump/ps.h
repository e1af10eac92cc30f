// `gprof-dump ps`: the Muster processes of this user.
#ifndef TOOLS_GPROF_DUMP_PS_H_
#define TOOLS_GPROF_DUMP_PS_H_

namespace muster::gprof_dump {

struct PsOptions {
  bool json = false;
  bool quiet = false;  // pids only, without asking the processes for anything
};

// RunPs prints a table of the processes that have a socket in this user's directory, each with its
// number of goroutines. A process that does not answer is listed with the reason in that column.
int RunPs(const PsOptions& options);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_PS_H_
