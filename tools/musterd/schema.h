// The layout of musterd's database and its versions.
#ifndef TOOLS_MUSTERD_SCHEMA_H_
#define TOOLS_MUSTERD_SCHEMA_H_

#include <string>

#include "absl/status/status.h"
#include "tools/musterd/sqlite.h"

namespace muster::musterd {

// "Must" in ASCII: tells our files from other programs' (PRAGMA application_id).
inline constexpr int64_t kApplicationId = 0x4d757374;
// Kept in PRAGMA user_version. A newer file is refused, an older one is brought up to date.
inline constexpr int64_t kSchemaVersion = 1;

// PrepareSchema checks that the database at `path` is sound and ours, and creates or migrates its
// tables. The message of a failure says what to do.
absl::Status PrepareSchema(const std::string& path, Database* database);

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_SCHEMA_H_
