#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

/// JSON as it was written: members in the order of the text, duplicates kept, numbers without loss.
namespace parking_lot {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, integer, real, string, array, object };

  Kind kind = Kind::null;
  bool is_true = false;         ///< boolean
  bool is_negative = false;     ///< integer
  std::uint64_t magnitude = 0;  ///< integer, without its sign
  std::string text;  ///< string; of a real number and of an integer beyond 64 bits: as it was written
  std::vector<std::string> keys;  ///< object: `keys[i]` belongs to `items[i]`
  std::vector<JsonValue> items;   ///< array, object

  /// The first member with this key, or nullptr. O(members).
  const JsonValue* find(std::string_view key) const;
};

/// Nesting beyond this is refused, so that no text can exhaust the stack.
inline constexpr std::size_t json_depth_max = 64;

struct JsonDuplicate {
  std::string path;  ///< of the object, dotted
  std::string key;
};

struct JsonDocument {
  JsonValue root;
  std::vector<JsonDuplicate> duplicates;  ///< keys that occur twice in one object; at most 100 are listed
};

struct JsonSyntaxError {
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< in bytes, from 1
  std::string message;     ///< one sentence; quotes nothing of the text, which may hold secrets
};

/// O(length). Refuses everything that RFC 8259 does not allow, and invalid UTF-8.
///
/// Programs get it from json_parser.cc, WebAssembly modules from wasm/host_json.cc: the engine that runs them
/// has a parser of its own.
tl::expected<JsonDocument, JsonSyntaxError> parse_json(std::string_view text);

/// How a text is refused that nests deeper than `json_depth_max`.
JsonSyntaxError json_too_deep();

/// Without spaces and with the keys of every object sorted: equal values in, equal text out. Real numbers
/// stay as they were written.
std::string canonical_json(const JsonValue& value);

/// `base.key`, or `key` at the top.
std::string join_path(std::string_view base, std::string_view key);

}  // namespace parking_lot
