// Input and output: a write of a stream comes before every later read, as in Go's race detector.
// The poller itself orders nobody, which datagrams show: they make no edge.
#include <array>
#include <span>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

void WriteThenRead() {
  auto [r, w] = *muster::os::Pipe();
  muster::WaitGroup group;
  group.Go([r]() mutable {
    char buffer[1];
    r.Read(buffer).err.IgnoreError();
    SecondTouch();
  });
  Settle();
  FirstTouch();
  w.Write("x").err.IgnoreError();
  group.Wait();
}

void AfterTheWrite() {
  auto [r, w] = *muster::os::Pipe();
  muster::WaitGroup group;
  group.Go([r]() mutable {
    char buffer[1];
    r.Read(buffer).err.IgnoreError();
    Await(1);
    SecondTouch();
  });
  Settle();
  w.Write("x").err.IgnoreError();
  FirstTouch();
  Reach(1);
  group.Wait();
}

void Datagram() {
  auto receiver = *muster::net::ListenUDP("127.0.0.1:0");
  auto sender = *muster::net::ListenUDP("127.0.0.1:0");
  muster::WaitGroup group;
  group.Go([receiver]() mutable {
    char buffer[1];
    receiver.ReadFrom(buffer).err.IgnoreError();
    SecondTouch();
  });
  Settle();
  FirstTouch();
  sender.WriteTo("x", receiver.LocalAddr()).err.IgnoreError();
  group.Wait();
}

__attribute__((noinline)) void FirstTouchByRead(muster::os::File& file, std::span<char> buffer) {
  file.Read(buffer).err.IgnoreError();
}

__attribute__((noinline)) void SecondTouchOf(char* buffer) { buffer[0] = 'y'; }

// The kernel writes to the reader's buffer, which TSan has to be told.
void BufferOfARead() {
  auto [r, w] = *muster::os::Pipe();
  static char buffer[1];
  muster::WaitGroup group;
  group.Go([r]() mutable {
    FirstTouchByRead(r, buffer);
    Reach(1);
  });
  w.Write("x").err.IgnoreError();
  Await(1);
  SecondTouchOf(buffer);
  group.Wait();
}

constexpr std::array kCases = {
    Case{"write_then_read", false, WriteThenRead},
    Case{"after_the_write", true, AfterTheWrite},
    Case{"datagram", true, Datagram},
    Case{"buffer_of_a_read", true, BufferOfARead},
};

}  // namespace

std::span<const Case> NetCases() { return kCases; }

}  // namespace edges
