#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parking_lot/time.h"
#include "parking_lot/types.h"

namespace parking_lot::scenario {

/// The words of one script line after its verb: plain words in order, and options `key=value` in any order.
///
/// The first thing that is wrong is remembered, and everything asked for afterwards gets a default. A command
/// asks for all that it takes, calls `finish`, and acts only if there was no error.
class Arguments {
 public:
  explicit Arguments(std::string_view line);

  std::string_view verb() const { return verb_; }
  /// Everything after the verb, as it stands.
  std::string_view rest() const { return rest_; }

  /// The next plain word. `what` names it in the error when there is none.
  std::string_view word(std::string_view what);
  bool has_word() const { return next_word_ < words_.size(); }

  /// An option's text, or nothing when it is absent.
  std::optional<std::string_view> option(std::string_view key);
  /// `1,2,3`, kept in `numbers`.
  std::span<const std::uint64_t> numbers(std::string_view key, std::vector<std::uint64_t>& numbers);
  std::uint64_t number(std::string_view key, std::uint64_t absent);
  Duration duration(std::string_view key, Duration absent);
  /// `+5s` and `-5s` count from `now`; a plain number is Unix milliseconds.
  WallTime moment(std::string_view key, WallTime now, WallTime absent);
  /// `id`, `id:bytes` or `id:bytes:digest`; bytes are 100 and the digest is the id unless given.
  PayloadRef payload(std::string_view key);

  template <class Enum>
  Enum one_of(std::string_view key, std::optional<Enum> (*parse)(std::string_view), Enum absent) {
    auto text = option(key);
    if (!text) return absent;
    auto value = parse(*text);
    if (!value) fail("'" + std::string(*text) + "' is no value of " + std::string(key));
    return value.value_or(absent);
  }

  /// All options not asked for so far, in order. They count as asked for.
  std::vector<std::pair<std::string_view, std::string_view>> other_options();

  /// Complains about words and options that nobody asked for. True if the line is sound.
  bool finish();
  void fail(std::string message);
  const std::string& error() const { return error_; }

 private:
  struct Option {
    std::string_view key;
    std::string_view value;
    bool taken = false;
  };

  std::string_view verb_;
  std::string_view rest_;
  std::vector<std::string_view> words_;
  std::vector<Option> options_;
  std::size_t next_word_ = 0;
  std::string error_;
};

std::optional<std::uint64_t> parse_number(std::string_view text);
/// `50ms`, `5s`, `1m`, `2h`, `1d`.
std::optional<Duration> parse_duration(std::string_view text);
/// A duration with a sign before it.
std::optional<Duration> parse_offset(std::string_view text);
/// The shortest spelling that `parse_duration` reads back, in one unit.
std::string duration_text(Duration duration);
/// The same with its sign.
std::string offset_text(Duration duration);
std::string_view trimmed(std::string_view text);

}  // namespace parking_lot::scenario
