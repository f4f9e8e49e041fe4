#include "scenario/setup.h"

namespace parking_lot::scenario {

namespace {

struct ShortName {
  std::string_view name;
  std::string_view key;
};

constexpr ShortName short_names[] = {{"units", "max_units"},
                                     {"depth", "max_queue_depth"},
                                     {"guard", "starvation_guard_secs"},
                                     {"timeout", "default_timeout_secs"}};

bool is_json_literal(std::string_view text) {
  if (text == "true" || text == "false") return true;
  if (!text.empty() && (text.front() == '{' || text.front() == '[')) return true;
  return !text.empty() && text.find_first_not_of("-0123456789.") == std::string_view::npos;
}

std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json + "\"";
}

}  // namespace

Setup::Node& Setup::Node::at(std::string_view path) {
  std::size_t dot = path.find('.');
  std::string_view name = path.substr(0, dot);
  Node* member = nullptr;
  for (auto& [key, node] : members) {
    if (key == name) member = &node;
  }
  if (member == nullptr) {
    members.push_back({std::string(name), Node{}});
    member = &members.back().node;
  }
  return dot == std::string_view::npos ? *member : member->at(path.substr(dot + 1));
}

std::string Setup::Node::json() const {
  if (!value.empty()) return is_json_literal(value) ? value : quoted(value);
  std::string json = "{";
  for (const auto& [key, node] : members) {
    if (json.size() > 1) json += ", ";
    json += quoted(key) + ": " + node.json();
  }
  return json + "}";
}

void Setup::add_pool(std::string_view pool) { root_.at("pools").at(pool); }

void Setup::set_pool(std::string_view pool, std::string_view path, std::string_view value) {
  for (const ShortName& short_name : short_names) {
    if (short_name.name == path) path = short_name.key;
  }
  root_.at("pools").at(pool).at(path).value = value;
}

void Setup::set_option(std::string_view path, std::string_view value) { root_.at(path).value = value; }

Result<Config> Setup::config() const {
  ParsedConfig parsed =
      parse_config(json_.empty() ? root_.json() : json_,
                   [](std::string_view) -> std::optional<std::string> { return std::nullopt; });
  if (parsed.ok()) return std::move(parsed.config);
  for (const ConfigIssue& issue : parsed.issues) {
    if (issue.severity == ConfigIssue::Severity::error) return Failure(Error{issue.path, issue.message});
  }
  return Failure(Error{"", "the config is unusable"});
}

}  // namespace parking_lot::scenario
