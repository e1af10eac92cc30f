// The names that Go gives them, for programs that are told after Go's: one `using namespace
// go_names` in the namespace of such programs.
#ifndef TESTDATA_GO_NAMES_H_
#define TESTDATA_GO_NAMES_H_

#include "muster/muster.h"

namespace go_names {

namespace context = muster::context;
namespace runtime = muster::runtime;
namespace time = muster::time;
using context::Unit;
using muster::Chan;
using muster::Cond;
using muster::Go;
using muster::MakeChan;
using muster::Mutex;
using muster::Once;
using muster::OnDefault;
using muster::OnRecv;
using muster::OnSend;
using muster::RWMutex;
using muster::Select;
using muster::WaitGroup;

}  // namespace go_names

#endif  // TESTDATA_GO_NAMES_H_
