#include "executor/command_payload.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace parking_lot {
namespace {

using nlohmann::json;
using Problem = tl::unexpected<std::string>;

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

tl::expected<std::vector<std::string>, std::string> parse_argv(const json& payload) {
  const auto found = payload.find("argv");
  if (found == payload.end() || !found->is_array() || found->empty()) {
    return Problem(
        "payload.argv must be a list of strings, the program first: {\"argv\": [\"sort\", \"-u\"]}.");
  }
  std::vector<std::string> argv;
  for (const json& argument : *found) {
    if (!argument.is_string()) {
      return Problem("payload.argv[" + std::to_string(argv.size()) + "] must be a string; quote numbers.");
    }
    argv.push_back(argument.get<std::string>());
    if (has_nul(argv.back())) {
      return Problem("payload.argv[" + std::to_string(argv.size() - 1) +
                     "] holds a zero byte; pass it through stdin.");
    }
  }
  if (argv[0].empty()) return Problem("payload.argv[0] is empty; name the program to run.");
  return argv;
}

tl::expected<std::vector<std::string>, std::string> parse_env(const json& env) {
  if (!env.is_object()) return Problem("payload.env must be an object of strings: {\"LANG\": \"C\"}.");
  std::vector<std::string> entries;
  for (const auto& [name, value] : env.items()) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name)) {
      return Problem("payload.env has a name that is empty or holds '=' or a zero byte; correct it.");
    }
    if (!value.is_string() || has_nul(value.get_ref<const std::string&>())) {
      return Problem("payload.env." + name + " must be a string without zero bytes; quote numbers.");
    }
    entries.push_back(name + "=" + value.get<std::string>());
  }
  return entries;
}

tl::expected<Command, std::string> parse(const json& payload) {
  Command command;
  auto argv = parse_argv(payload);
  if (!argv) return Problem(std::move(argv.error()));
  command.argv = std::move(*argv);
  for (const auto& [key, value] : payload.items()) {
    if (key == "argv") continue;
    if (key == "env") {
      auto env = parse_env(value);
      if (!env) return Problem(std::move(env.error()));
      command.env = std::move(*env);
    } else if (key == "stdin" || key == "cwd") {
      if (!value.is_string()) return Problem("payload." + key + " must be a string.");
      (key == "cwd" ? command.cwd : command.input) = value.get<std::string>();
    } else {
      return Problem("payload." + key + " is unknown; a process payload has argv, stdin, env and cwd.");
    }
  }
  if (has_nul(command.cwd)) return Problem("payload.cwd holds a zero byte; name a directory.");
  return command;
}

}  // namespace

tl::expected<Command, std::string> parse_command(std::string_view payload,
                                                 const std::vector<std::string>& allowed) {
  const json parsed = json::parse(payload, nullptr, false);
  if (!parsed.is_object()) {
    return Problem("payload must be an object with argv: {\"argv\": [\"sort\", \"-u\"]}.");
  }
  auto command = parse(parsed);
  if (command && !allowed.empty() &&
      std::find(allowed.begin(), allowed.end(), command->argv[0]) == allowed.end()) {
    return Problem("payload.argv[0] '" + command->argv[0] +
                   "' is not among the pool's executor.commands; add it there.");
  }
  return command;
}

}  // namespace parking_lot
