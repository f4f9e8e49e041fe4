#include "scenario/script.h"

#include "scenario/arguments.h"
#include "scenario/garage_script.h"
#include "scenario/interpreter.h"

namespace parking_lot::scenario {

Replay replay(std::string_view script) {
  Replay result;
  Interpreter interpreter;
  GarageScript garage;
  std::uint64_t number = 0;
  auto put_lines = [&] {
    for (const std::string& traced : interpreter.take_lines()) result.text += "| " + traced + "\n";
    for (const std::string& traced : garage.take_lines()) result.text += "| " + traced + "\n";
  };
  auto put_error = [&](const std::string& error) {
    if (error.empty()) return;
    result.text += "| error: " + error + "\n";
    result.errors.push_back(Error{.where = "line " + std::to_string(number), .message = error});
  };
  while (!script.empty()) {
    std::size_t end = script.find('\n');
    std::string_view line = script.substr(0, end);
    script = end == std::string_view::npos ? std::string_view{} : script.substr(end + 1);
    ++number;
    if (line.starts_with('|')) continue;
    result.text += std::string(line) + "\n";
    if (trimmed(line).empty() || trimmed(line).front() == '#') continue;
    constexpr std::string_view of_garage = "garage ";
    const std::string_view command = trimmed(line);
    std::string error = command.starts_with(of_garage)
                            ? garage.execute(trimmed(command.substr(of_garage.size())))
                            : interpreter.execute(line);
    put_lines();
    put_error(error);
  }
  put_error(interpreter.finish());
  return result;
}

}  // namespace parking_lot::scenario
