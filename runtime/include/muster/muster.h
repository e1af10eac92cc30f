// Everything of the runtime in one include.
#ifndef MUSTER_MUSTER_H_
#define MUSTER_MUSTER_H_

#include "muster/blocking.h"      // IWYU pragma: export
#include "muster/caller.h"        // IWYU pragma: export
#include "muster/chan.h"          // IWYU pragma: export
#include "muster/context.h"       // IWYU pragma: export
#include "muster/debug.h"         // IWYU pragma: export
#include "muster/errgroup.h"      // IWYU pragma: export
#include "muster/go.h"            // IWYU pragma: export
#include "muster/hooks.h"         // IWYU pragma: export
#include "muster/io.h"            // IWYU pragma: export
#include "muster/iter.h"          // IWYU pragma: export
#include "muster/leaks.h"         // IWYU pragma: export
#include "muster/mem_stats.h"     // IWYU pragma: export
#include "muster/net.h"           // IWYU pragma: export
#include "muster/net_dialer.h"    // IWYU pragma: export
#include "muster/once_func.h"     // IWYU pragma: export
#include "muster/os.h"            // IWYU pragma: export
#include "muster/panic.h"         // IWYU pragma: export
#include "muster/pprof.h"         // IWYU pragma: export
#include "muster/rate.h"          // IWYU pragma: export
#include "muster/record.h"        // IWYU pragma: export
#include "muster/runtime.h"       // IWYU pragma: export
#include "muster/select.h"        // IWYU pragma: export
#include "muster/semaphore.h"     // IWYU pragma: export
#include "muster/signal.h"        // IWYU pragma: export
#include "muster/singleflight.h"  // IWYU pragma: export
#include "muster/sync.h"          // IWYU pragma: export
#include "muster/sync_map.h"      // IWYU pragma: export
#include "muster/sync_pool.h"     // IWYU pragma: export
#include "muster/time.h"          // IWYU pragma: export

#endif  // MUSTER_MUSTER_H_
