#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_words.h"

/// How messages speak about what was written: quotes that leak nothing, and the word that was meant.
namespace parking_lot {

/// The candidate that `written` probably stands for: equal but for case, `_` and `-`, or a few letters away
/// (restricted Damerau-Levenshtein distance, at most a third of the letters). Empty if none is close.
std::string_view closest_word(std::string_view written, std::span<const std::string_view> candidates);

/// `"text"` if it looks like a word of the format: short, plain characters. Anything else could be a secret
/// or break a log line, and is called `the given text`.
std::string quoted_text(std::string_view text);

/// A key as it may stand in a path: control characters and overlong names are cut out.
std::string printable_key(std::string_view key);

/// The distinct names, `a, b, c`; of several spellings only the first.
std::string listed_names(std::span<const Word> words);
std::vector<std::string_view> spellings_of(std::span<const Word> words);

/// `resourceCost` to `resource_cost`; other text is unchanged.
std::string snake_case(std::string_view key);

}  // namespace parking_lot
