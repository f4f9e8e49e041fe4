// A stored garage against a bare file, in the same run and in turns: 64 gates with one vehicle each, whose
// entries and exits are committed together, against append and fdatasync of as many bytes in as many batches;
// then the same for one gate. Prints one JSON object. `bench_stored_garage <folder>`; it is made and removed.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "parking_lot/native/stored_garage.h"

namespace {

using namespace parking_lot;

constexpr int rounds = 5;
constexpr std::uint32_t spots = 10'000;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "bench_stored_garage: %s\n", why.c_str());
  std::exit(1);
}

garage::GarageConfig config() {
  const std::string json = R"({"garages": {"g": {"levels": {"P": {"A": )" + std::to_string(spots) +
                           R"(}}, "tariffs": {"t": {"increment": {"length": "30m", "fee": 150}}}}}})";
  const auto parsed = garage::parse_garages(json, [](std::string_view) { return std::nullopt; });
  if (!parsed.ok()) stop(parsed.issues.front().message);
  return parsed.garages.front();
}

/// Bytes of records on disk, without the zeros that are kept ahead of them.
std::uint64_t record_bytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().rfind("records-", 0) != 0) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t last = text.find_last_not_of('\0');
    bytes += last == std::string::npos ? 0 : last + 1;
  }
  return bytes;
}

struct Work {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

/// Each gate lets a vehicle in with one batch and out with the next one.
Work run_garage(const std::string& folder, std::uint32_t gates, int batches) {
  std::filesystem::remove_all(folder);
  auto stored = StoredGarage::open(config(), {}, {.directory = folder});
  if (!stored) stop(stored.error().message);
  std::vector<std::string> plates;
  for (std::uint32_t i = 0; i < gates; ++i) plates.push_back("B-AB " + std::to_string(1000 + i));
  const std::uint64_t before = record_bytes(folder);
  std::vector<garage::Input> inputs;
  Now time{WallTime{1'774'700'000'000}, SteadyTime{0}};
  std::uint64_t answers = 0;
  const double start = now();
  for (int batch = 0; batch < batches; ++batch) {
    inputs.clear();
    time.wall.ms += 40;
    for (const std::string& plate : plates) {
      if (batch % 2 == 0) {
        garage::Enter enter;
        enter.request = 1;
        enter.vehicle.plate = plate;
        inputs.push_back(enter);
      } else {
        garage::Exit exit;
        exit.request = 1;
        exit.ticket.plate = plate;
        exit.settlement = garage::Exit::Settlement::paid_here;
        inputs.push_back(exit);
      }
    }
    const auto handled = (*stored)->handle(time, inputs, [&](const garage::Reply& reply) {
      answers += std::holds_alternative<garage::Refused>(reply.answer) ? 0U : 1U;
    });
    if (!handled) stop(handled.error().message);
  }
  const double seconds = now() - start;
  if (answers != static_cast<std::uint64_t>(batches) * gates) stop("somebody was refused");
  return {seconds, record_bytes(folder) - before};
}

double run_bare(const std::string& folder, std::uint64_t bytes, int batches) {
  const std::string file = folder + "/bare";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (descriptor < 0) stop("cannot create " + file);
  const std::string batch(bytes / static_cast<std::uint64_t>(batches), 'b');
  const double start = now();
  for (int i = 0; i < batches; ++i) {
    const auto offset = static_cast<off_t>(batch.size()) * i;
    if (::pwrite(descriptor, batch.data(), batch.size(), offset) < 0 || ::fdatasync(descriptor) != 0)
      stop("cannot write " + file);
  }
  const double seconds = now() - start;
  ::close(descriptor);
  ::unlink(file.c_str());
  return seconds;
}

/// Medians of the rounds.
void print(const std::string& folder, std::uint32_t gates, int batches, const char* comma) {
  std::vector<double> parts;
  std::vector<double> rates;
  std::uint64_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const Work work = run_garage(folder, gates, batches);
    parts.push_back(run_bare(folder, work.bytes, batches) / work.seconds);
    rates.push_back(static_cast<double>(batches) * gates / work.seconds);
    bytes = work.bytes / static_cast<std::uint64_t>(batches);
  }
  std::sort(parts.begin(), parts.end());
  std::sort(rates.begin(), rates.end());
  std::printf("{\"gates\":%u,\"bytes_each_batch\":%llu,\"commands_per_second\":%.0f,\"of_bare\":%.3f}%s",
              gates, static_cast<unsigned long long>(bytes), rates[rounds / 2], parts[rounds / 2], comma);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) stop("name a folder to work in");
  const std::string folder = arguments[1];
  std::printf("{\"stored\":[");
  print(folder, 64, 1000, ",");
  print(folder, 1, 1000, "]}\n");
  std::filesystem::remove_all(folder);
  return 0;
}
