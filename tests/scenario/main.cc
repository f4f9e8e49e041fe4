#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "scenario/script.h"

/// Replays scenario scripts and compares each with the trace that it contains. The same program is built
/// natively and as WebAssembly.
namespace {

enum class Mode { compare, rewrite, print };

bool read_file(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  text.assign(std::istreambuf_iterator<char>(file), {});
  return true;
}

std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

/// The first lines that differ, with those around them.
void explain_difference(const std::string& path, std::string_view expected, std::string_view actual) {
  int number = 0;
  std::string_view last;
  while (!expected.empty() || !actual.empty()) {
    std::string_view wanted = take_line(expected);
    std::string_view got = take_line(actual);
    ++number;
    if (wanted == got) {
      last = got;
      continue;
    }
    std::cerr << path << ":" << number << ": the trace differs after\n    " << last << "\n  expected\n    "
              << wanted << "\n  but it is\n    " << got << "\nIf the change is right: SCENARIO_REWRITE=1\n";
    return;
  }
}

bool run(const std::string& path, Mode mode) {
  std::string script;
  if (!read_file(path, script)) {
    std::cerr << path << ": cannot be read\n";
    return false;
  }
  auto replay = parking_lot::scenario::replay(script);
  if (mode == Mode::print) std::cout << replay.text;
  if (mode == Mode::rewrite && replay.text != script) {
    std::ofstream(path, std::ios::binary) << replay.text;
    std::cout << path << ": rewritten\n";
  }
  if (mode != Mode::compare || replay.text == script) return true;
  explain_difference(path, script, replay.text);
  return false;
}

}  // namespace

int main(int count, char** words) {
  const char* rewrite = std::getenv("SCENARIO_REWRITE");
  Mode mode = rewrite != nullptr && std::string_view(rewrite) == "1" ? Mode::rewrite : Mode::compare;
  int scripts = 0;
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    std::string word = words[i];
    if (word == "--rewrite") {
      mode = Mode::rewrite;
    } else if (word == "--print") {
      mode = Mode::print;
    } else {
      ++scripts;
      if (!run(word, mode)) ++failed;
    }
  }
  if (scripts == 0) {
    std::cerr << "usage: test_scenario [--rewrite | --print] SCRIPT…\n";
    return 2;
  }
  return failed == 0 ? 0 : 1;
}
