// Strings as Go's %q prints them, and the label lists that are made of them.
#ifndef MUSTER_INSPECTOR_FORMATS_GO_QUOTE_H_
#define MUSTER_INSPECTOR_FORMATS_GO_QUOTE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// `text` in double quotes. Printable characters stand for themselves, all else is escaped, and
// bytes that are no UTF-8 come out as \xNN, so that any string of bytes survives.
std::string GoQuote(std::string_view text);

// Takes a quoted string off the front of `text`; nullopt, and nothing taken, when it is cut or
// malformed.
std::optional<std::string> TakeGoQuoted(std::string_view* text);

// `{"key":"value", "key2":"value2"}`, in the labels' order.
std::string FormatLabels(const Labels& labels);

// Takes a label list off the front of `text`, in any of Go's forms: keys and values quoted or bare,
// a space after the colon or none.
std::optional<Labels> TakeLabels(std::string_view* text);

// The length of the UTF-8 character at the front of `text`; 0 when there is no valid one.
size_t Utf8Length(std::string_view text);
bool IsValidUtf8(std::string_view text);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_GO_QUOTE_H_
