#include <unistd.h>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "simulation/world.h"

/// Seeded simulation: `faults --seeds 300` or, to repeat one, `faults --seed 42 --log`.
namespace {

using parking_lot::simulation::World;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t count = 300;
  std::uint32_t steps = 1500;
  World::Logging logging = World::Logging::off;
};

char repeat_command[256];
constexpr unsigned seconds_per_seed = 60;

/// Whatever ends the program, the command that repeats it is the last thing that it says.
void name_the_seed(int signal) {
  const char* what =
      signal == SIGALRM ? "\nThe seed takes too long. Repeat it with:\n  " : "\nRepeat it with:\n  ";
  (void)!write(STDERR_FILENO, what, std::strlen(what));
  (void)!write(STDERR_FILENO, repeat_command, std::strlen(repeat_command));
  _exit(1);
}

bool parse(std::string_view text, std::uint64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_options(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    std::string_view word = words[i];
    std::uint64_t value = 0;
    if (word == "--log") {
      options.logging = World::Logging::on;
      continue;
    }
    if (i + 1 == count || !parse(words[++i], value)) return false;
    if (word == "--seeds" && value > 0) {
      options.count = value;
    } else if (word == "--seed") {
      options.first = value;
      options.count = 1;
    } else if (word == "--steps" && value > 0 && value < 100000000) {
      options.steps = static_cast<std::uint32_t>(value);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!parse_options(count, words, options)) {
    std::cerr << "usage: faults [--seeds N | --seed S] [--steps M] [--log]\n";
    return 2;
  }
  for (int signal : {SIGABRT, SIGSEGV, SIGALRM}) std::signal(signal, name_the_seed);
  std::uint64_t starts = 0;
  for (std::uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
    std::snprintf(repeat_command, sizeof repeat_command, "%s --seed %llu --steps %u --log\n", words[0],
                  static_cast<unsigned long long>(seed), options.steps);
    alarm(seconds_per_seed);
    World world(seed, options.logging);
    std::string violation = world.live(options.steps);
    starts += world.starts();
    if (violation.empty()) continue;
    std::cerr << "seed " << seed << ", step " << world.steps_done() << ": " << violation
              << "\nRepeat it with:\n  " << repeat_command;
    return 1;
  }
  alarm(0);
  std::cout << options.count << (options.count == 1 ? " seed, " : " seeds, ") << options.steps
            << " steps each, " << starts << " starts: no law was broken\n";
  return 0;
}
