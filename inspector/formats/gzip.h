// Gzip by zlib: pprof profiles are gzipped, and so is much of what people keep.
#ifndef MUSTER_INSPECTOR_FORMATS_GZIP_H_
#define MUSTER_INSPECTOR_FORMATS_GZIP_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace muster::inspector::formats {

bool IsGzip(std::string_view input);

std::string Gzip(std::string_view data);

struct Gunzipped {
  std::string data;
  bool truncated = false;  // the input ended early; `data` is what came out until then
};
// InvalidArgument when the data is damaged, or grows beyond what a small input may take.
absl::StatusOr<Gunzipped> Gunzip(std::string_view input);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_GZIP_H_
