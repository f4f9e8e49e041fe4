#include "codec/json_value.h"

#include <algorithm>
#include <numeric>

#include "codec/json_writer.h"

namespace parking_lot {
namespace {

void write_canonical(JsonWriter& out, const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      out.raw("null");
      return;
    case JsonValue::Kind::boolean:
      out.boolean(value.is_true);
      return;
    case JsonValue::Kind::integer:
      out.raw((value.is_negative ? "-" : "") + std::to_string(value.magnitude));
      return;
    case JsonValue::Kind::real:
      out.raw(value.text);
      return;
    case JsonValue::Kind::string:
      out.string(value.text);
      return;
    case JsonValue::Kind::array:
      out.open('[');
      for (const JsonValue& item : value.items) write_canonical(out, item);
      out.close(']');
      return;
    case JsonValue::Kind::object:
      break;
  }
  std::vector<std::size_t> order(value.items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return value.keys[a] < value.keys[b]; });
  out.open('{');
  for (const std::size_t i : order) {
    out.key(value.keys[i]);
    write_canonical(out, value.items[i]);
  }
  out.close('}');
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  for (std::size_t i = 0; i < items.size() && i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

JsonSyntaxError json_too_deep() {
  return {.message = "The nesting is deeper than " + std::to_string(json_depth_max) + " levels; flatten it."};
}

std::string canonical_json(const JsonValue& value) {
  JsonWriter out;
  write_canonical(out, value);
  return std::move(out).text();
}

std::string join_path(std::string_view base, std::string_view key) {
  std::string path(base);
  if (!path.empty()) path += '.';
  return path.append(key);
}

}  // namespace parking_lot
