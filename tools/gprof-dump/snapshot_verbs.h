// The verbs that show one snapshot in a way of their own.
#ifndef TOOLS_GPROF_DUMP_SNAPSHOT_VERBS_H_
#define TOOLS_GPROF_DUMP_SNAPSHOT_VERBS_H_

#include "muster/inspector/views.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {

// `gprof-dump list TARGET`: one line a goroutine.
struct ListVerb {
  ViewOptions view;
  inspector::ListOptions list;
};
int RunList(const ListVerb& verb);

// `gprof-dump tree TARGET`: who created whom.
struct TreeVerb {
  ViewOptions view;
};
int RunTree(const TreeVerb& verb);

// `gprof-dump graph TARGET`: who waits for what, and who has it.
struct GraphVerb {
  enum class Form { kText, kDot, kSvg };
  ViewOptions view;
  Form form = Form::kText;
};
int RunGraph(const GraphVerb& verb);

// `gprof-dump flame TARGET`: a flame graph.
struct FlameVerb {
  ViewOptions view;
  inspector::FlameForm form = inspector::FlameForm::kHtml;
  bool by_creation = false;
};
int RunFlame(const FlameVerb& verb);

// `gprof-dump diff BEFORE AFTER`: what there is more of. `view.target` is AFTER.
struct DiffVerb {
  ViewOptions view;
  std::string before;
};
int RunDiff(const DiffVerb& verb);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_SNAPSHOT_VERBS_H_
