// Unwrap: takes off what logs, terminals, tickets and web pages put around a dump's text.
//
// Undone here: UTF-16, colour codes, one JSON record per line, HTML's entities, literal \n and \t,
// log prefixes and time stamps (also of several processes printed into one another), quotes and
// table frames. Hard wraps are joined by the readers, which know what a whole line looks like.
// Every step runs only when its mark is seen, copies the text at most once, and takes linear time.
#ifndef MUSTER_INSPECTOR_FORMATS_UNWRAP_H_
#define MUSTER_INSPECTOR_FORMATS_UNWRAP_H_

#include <string>
#include <string_view>

namespace muster::inspector::formats {

// The text to parse: `input` itself when nothing had to be undone, else a view of `*storage`.
std::string_view Unwrap(std::string_view input, std::string* storage);

// The steps, for Unwrap and its tests. Each returns the new text.
std::string Utf16ToUtf8(std::string_view text);
std::string StripColours(std::string_view text);
std::string JoinJsonRecords(std::string_view text);
std::string ReplaceEntities(std::string_view text);
std::string Unescape(std::string_view text);
std::string StripPrefixes(std::string_view text);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_UNWRAP_H_
