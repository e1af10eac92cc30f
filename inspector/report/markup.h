// Text inside of SVG and HTML.
#ifndef MUSTER_INSPECTOR_REPORT_MARKUP_H_
#define MUSTER_INSPECTOR_REPORT_MARKUP_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace muster::inspector::report {

// `text` as the content of an element or of an attribute in double quotes. What neither may hold
// (control characters, bytes that are no UTF-8) becomes a question mark.
std::string Markup(std::string_view text);

// The first characters of `text`, with ".." in place of what does not fit into `characters`; empty
// when too little would be left to read.
std::string Shortened(std::string_view text, size_t characters);

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_MARKUP_H_
