// Dialing several addresses: one after the other, or two lists at the same time.
//
// RFC 8305 ("Happy Eyeballs") as Go has it. The primaries go first; the fallbacks begin when the
// delay is over, or at once when the primaries have failed. The first connection is taken. What is
// under way then is cancelled, and closes what it may yet get.
#ifndef MUSTER_NET_DIAL_H_
#define MUSTER_NET_DIAL_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/net.h"
#include "runtime/net/connect.h"

namespace muster::net::internal {

// Until when one of so many `addresses` may be waited for, all of which share the time until
// `deadline`, which has not come.
absl::Time PartialDeadline(absl::Time now, absl::Time deadline, size_t addresses);

// One after the other. The first error, if all fail.
absl::StatusOr<Handle> DialSerial(const context::Context& ctx, const Dialing& dialing,
                                  const std::vector<Addr>& addresses);

// Two lists as above: those of the first one's family, and the others. But one after the other when
// the delay is negative, or the network names the family.
absl::StatusOr<Handle> DialAll(const context::Context& ctx, const Dialing& dialing,
                               const std::vector<Addr>& addresses);
std::pair<std::vector<Addr>, std::vector<Addr>> SplitByFamily(const std::vector<Addr>& addresses);

// The two lists as above. The primaries' error, if all fail.
absl::StatusOr<Handle> DialParallel(const context::Context& ctx, const Dialing& dialing,
                                    const std::vector<Addr>& primaries,
                                    const std::vector<Addr>& fallbacks);

}  // namespace muster::net::internal

#endif  // MUSTER_NET_DIAL_H_
