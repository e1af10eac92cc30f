// Healthy: the readings of three sensors are merged into one channel. One goroutine waits for all
// sensors and then closes it, so that the reader knows when to stop.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

constexpr int kReadings = 4;

muster::RecvChan<int> Sensor(int number) {
  const auto readings = muster::MakeChan<int>();
  muster::Go([=] {
    for (int i = 0; i < kReadings; ++i) readings.Send(number * 10 + i);
    readings.Close();
  });
  return readings;
}

void FanIn() {
  const auto merged = muster::MakeChan<int>();
  muster::WaitGroup forwarders;
  for (int number = 1; number <= 3; ++number) {
    forwarders.Go([=] {
      for (const int reading : Sensor(number)) merged.Send(reading);
    });
  }
  muster::WaitGroup closer;
  closer.Go([&] {
    forwarders.Wait();
    merged.Close();
  });

  int count = 0, sum = 0;
  for (const int reading : merged) {
    ++count;
    sum += reading;
  }
  closer.Wait();
  std::printf("%d readings, sum %d\n", count, sum);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, FanIn); }
