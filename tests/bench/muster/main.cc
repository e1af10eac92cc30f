// bench_muster: the benchmarks that need the runtime alone.
#include "muster/muster.h"
#include "tests/bench/muster/works.h"

int main(int argc, char** argv) {
  std::vector<bench::Work> works = bench::SpawningWorks();
  for (const auto& more :
       {bench::ChannelWorks(), bench::LockWorks(), bench::MemoryWorks(), bench::MachineWorks()}) {
    works.insert(works.end(), more.begin(), more.end());
  }
  return muster::Run([&] { return bench::BenchMain(argc, argv, works); });
}
