#include <gtest/gtest.h>

#include <random>

#include "inspector/formats/go_quote.h"

namespace muster::inspector::formats {
namespace {

TEST(GoQuote, EscapesAsGoDoes) {
  EXPECT_EQ(GoQuote("plain"), "\"plain\"");
  EXPECT_EQ(GoQuote("a\"b\\c\n\t"), "\"a\\\"b\\\\c\\n\\t\"");
  EXPECT_EQ(GoQuote("W\x8b\x99s"), "\"W\\x8b\\x99s\"");
  EXPECT_EQ(GoQuote(std::string("\0\x7f", 2)), "\"\\x00\\x7f\"");
  EXPECT_EQ(GoQuote("\u00fc \u4e16"), "\"\u00fc \u4e16\"");
  EXPECT_EQ(GoQuote("\u200b"), "\"\\u200b\"");
}

TEST(GoQuote, EveryStringOfBytesSurvives) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 12, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const std::string quoted = GoQuote(text);
    std::string_view rest = quoted;
    EXPECT_EQ(TakeGoQuoted(&rest), text);
    EXPECT_TRUE(rest.empty());
    EXPECT_TRUE(IsValidUtf8(quoted));
  }
}

TEST(Labels, AreReadInEveryFormThatGoPrints) {
  for (std::string_view text :
       {R"({"pid":"<A.1>", "role":"reader"})", R"({pid: "<A.1>", role: reader})",
        R"({"pid": "<A.1>", "role": "reader"})"}) {
    const auto labels = TakeLabels(&text);
    ASSERT_TRUE(labels.has_value());
    EXPECT_EQ(*labels, (Labels{{"pid", "<A.1>"}, {"role", "reader"}}));
  }
  std::string_view cut = R"({"a":"b", "c)";
  EXPECT_FALSE(TakeLabels(&cut).has_value());
  EXPECT_EQ(cut.size(), 12u);
}

}  // namespace
}  // namespace muster::inspector::formats
