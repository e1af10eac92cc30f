#include "runtime/net/keep_alive.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>

namespace muster::net::internal {
namespace {

constexpr absl::Duration kDefaultPeriod = absl::Seconds(15);
constexpr int kDefaultCount = 9;

int64_t Set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int64_t SetSeconds(int fd, int option, absl::Duration period) {
  if (period < absl::ZeroDuration()) return 0;
  const absl::Duration taken = period == absl::ZeroDuration() ? kDefaultPeriod : period;
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(taken, absl::Seconds(1)));
  return Set(fd, IPPROTO_TCP, option, static_cast<int>(std::min<int64_t>(seconds, INT_MAX)));
}

int64_t SetCount(int fd, int count) {
  if (count < 0) return 0;
  return Set(fd, IPPROTO_TCP, TCP_KEEPCNT, count == 0 ? kDefaultCount : count);
}

}  // namespace

KeepAliveConfig KeepAliveOf(absl::Duration period, const KeepAliveConfig& config) {
  if (config.enable || period < absl::ZeroDuration()) return config;
  return {.enable = true, .idle = period};
}

int64_t ApplyKeepAlive(int fd, const KeepAliveConfig& config) {
  int64_t result = Set(fd, SOL_SOCKET, SO_KEEPALIVE, config.enable ? 1 : 0);
  if (result == 0) result = SetSeconds(fd, TCP_KEEPIDLE, config.idle);
  if (result == 0) result = SetSeconds(fd, TCP_KEEPINTVL, config.interval);
  if (result == 0) result = SetCount(fd, config.count);
  return result;
}

}  // namespace muster::net::internal
