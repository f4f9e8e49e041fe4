#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_value.h"
#include "codec/json_words.h"
#include "parking_lot/config.h"
#include "parking_lot/time.h"

namespace parking_lot {

/// Reads typed values out of JSON and collects everything that is wrong with them, each under its path.
///
/// Every reading function returns nullopt after it has reported an error, so that the caller goes on with the
/// next key and all errors come out at once. Messages never hold text that could be a secret.
class JsonReader {
 public:
  /// `environment`: how `${NAME}` in strings is read; nullptr leaves strings as they are.
  JsonReader(std::vector<ConfigIssue>& issues, const ReadEnvironment* environment)
      : issues_(issues), environment_(environment) {}

  /// Moves the reader into a member or an element while it lives.
  class At {
   public:
    At(JsonReader& reader, std::string_view key);
    At(JsonReader& reader, std::size_t index);
    ~At() { reader_.path_.resize(length_); }
    At(const At&) = delete;
    At& operator=(const At&) = delete;

   private:
    JsonReader& reader_;
    std::size_t length_;
  };

  const std::string& path() const { return path_; }
  void error(std::string message);
  void warning(std::string message);

  /// A key that nobody knows: proposes the one that was meant, or lists the known ones.
  void unknown_key(std::string_view key, std::span<const std::string_view> known);

  std::optional<std::uint64_t> integer(const JsonValue& value, std::uint64_t min, std::uint64_t max);
  /// A number of seconds with at most three decimals. Limits in milliseconds.
  std::optional<Duration> seconds(const JsonValue& value, std::uint64_t min_ms, std::uint64_t max_ms);
  /// Milliseconds as a number, or a string such as `30s`.
  std::optional<Duration> duration(const JsonValue& value, std::uint64_t min_ms, std::uint64_t max_ms);
  /// RFC 3339, Unix milliseconds, or a duration from `now`.
  std::optional<WallTime> time(const JsonValue& value, WallTime now);
  std::optional<bool> boolean(const JsonValue& value);
  /// A string, with `${NAME}` read from the environment.
  std::optional<std::string> text(const JsonValue& value);
  /// The number of one of `words`.
  std::optional<std::uint8_t> word(const JsonValue& value, std::span<const Word> words);
  bool is_object(const JsonValue& value, std::string_view example);
  bool is_array(const JsonValue& value, std::string_view example);

 private:
  std::optional<std::string> expanded(std::string_view text);

  std::vector<ConfigIssue>& issues_;
  const ReadEnvironment* environment_;
  std::string path_;
};

/// `a number`, `a string`, `null` …
std::string_view kind_name(const JsonValue& value);

}  // namespace parking_lot
