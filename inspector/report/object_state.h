// What the record knows of a primitive, for the middle of a sentence.
#ifndef MUSTER_INSPECTOR_REPORT_OBJECT_STATE_H_
#define MUSTER_INSPECTOR_REPORT_OBJECT_STATE_H_

#include <string>

#include "inspector/report/layout.h"

namespace muster::inspector::report {

// ", held by goroutine 7 for 3.2s, taken at bank.cc:41", ", 2 of 4 buffered, closed"; "" for
// nothing.
std::string ObjectState(const Resource& resource, const Layout& layout);

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_OBJECT_STATE_H_
