#include "cli/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

// A few lines of aliases can stand for gigabytes, or for themselves.
constexpr int depth_max = 100;
constexpr int nodes_max = 1'000'000;

struct Unusable {
  YAML::Mark mark;
  std::string message;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

template <class Integer>
bool parse_integer(std::string_view text, Json& value) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    text.remove_prefix(2);
  } else if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  Integer integer{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer, base);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  value = integer;
  return true;
}

bool parse_float(const std::string& text, Json& value) {
  if (text.find_first_not_of("+-.0123456789eE") != std::string::npos) return false;
  if (text.find_first_of("0123456789") == std::string::npos) return false;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !std::isfinite(number)) return false;
  value = number;
  return true;
}

Json plain_scalar(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  Json value;
  if (parse_integer<std::uint64_t>(text, value) || parse_integer<std::int64_t>(text, value)) return value;
  if (parse_float(text, value)) return value;
  return text;
}

class Conversion {
 public:
  Json convert(const YAML::Node& node, int depth = 0) {
    if (depth > depth_max)
      throw Unusable{node.Mark(), "is nested too deeply, or an alias stands for itself; unfold it."};
    if (++nodes_ > nodes_max)
      throw Unusable{node.Mark(), "grows beyond a million values by its aliases; unfold it."};
    switch (node.Type()) {
      case YAML::NodeType::Scalar: {
        const bool is_plain = node.Tag() == "?" || node.Tag().empty();
        return is_plain ? plain_scalar(node.Scalar()) : Json(node.Scalar());
      }
      case YAML::NodeType::Sequence: {
        Json list = Json::array();
        for (const YAML::Node& item : node) list.push_back(convert(item, depth + 1));
        return list;
      }
      case YAML::NodeType::Map:
        return convert_map(node, depth);
      default:
        return nullptr;
    }
  }

 private:
  Json convert_map(const YAML::Node& node, int depth) {
    Json object = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar())
        throw Unusable{entry.first.Mark(), "has a key that is not a word; use text as keys."};
      const std::string& key = entry.first.Scalar();
      if (object.contains(key))
        throw Unusable{entry.first.Mark(), "has the key '" + key + "' twice; keep one."};
      object[key] = convert(entry.second, depth + 1);
    }
    return object;
  }

  int nodes_ = 0;
};

Failure at(const YAML::Mark& mark, const std::string& message) {
  return Failure({mark.is_null() ? "1" : std::to_string(mark.line + 1), message});
}

}  // namespace

Result<std::string> yaml_to_json(const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      throw Unusable{documents[1].Mark(), "begins a second document; a config is one."};
    const YAML::Node root = documents.empty() ? YAML::Node() : documents.front();
    return Conversion().convert(root).dump(-1, ' ', false, Json::error_handler_t::replace);
  } catch (const Unusable& unusable) {
    return at(unusable.mark, unusable.message);
  } catch (const YAML::Exception& error) {
    return at(error.mark, "is not YAML: " + error.msg + ".");
  }
}

}  // namespace parking_lot::cli
