#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "muster/inspector/report.h"

namespace muster::inspector {
namespace {

struct UnitName {
  int64_t ns;
  const char* name;
};
constexpr std::array<UnitName, 3> kUnits = {
    {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}}};

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Two units, the second left out when it is nothing: "3h", "3h5m".
std::string TwoUnits(int64_t large, const char* large_name, int64_t small, const char* small_name) {
  if (small == 0) return absl::StrCat(large, large_name);
  return absl::StrCat(large, large_name, small, small_name);
}

}  // namespace

std::string FormatDuration(int64_t ns) {
  if (ns < 0) {
    // The smallest value has no positive counterpart; one nanosecond does not matter there.
    return absl::StrCat("-", FormatDuration(ns == INT64_MIN ? INT64_MAX : -ns));
  }
  if (ns >= kDay) return TwoUnits(ns / kDay, "d", ns % kDay / kHour, "h");
  if (ns >= kHour) return TwoUnits(ns / kHour, "h", ns % kHour / kMinute, "m");
  if (ns >= kMinute) return TwoUnits(ns / kMinute, "m", ns % kMinute / kSecond, "s");
  for (const UnitName& unit : kUnits) {
    if (ns < unit.ns) continue;
    // Three figures, cut and not rounded, so that 999.9us does not become 1000us.
    const int64_t whole = ns / unit.ns;
    const int decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
    int64_t step = unit.ns;
    for (int i = 0; i < decimals; ++i) step /= 10;
    const int64_t cut = ns / step * step;
    const double value = static_cast<double>(cut) / static_cast<double>(unit.ns);
    std::string digits = absl::StrFormat("%.*f", decimals, value);
    if (decimals > 0) {
      digits.erase(digits.find_last_not_of('0') + 1);
      if (digits.back() == '.') digits.pop_back();
    }
    return digits + unit.name;
  }
  return absl::StrCat(ns, "ns");
}

}  // namespace muster::inspector
