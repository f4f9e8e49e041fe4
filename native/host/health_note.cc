#include "host/health_note.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace parking_lot {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t page_bytes = 4096;

std::string file_in(const std::string& directory) { return directory + "/health.json"; }

}  // namespace

void write_health_notes(const std::string& directory, const std::vector<HealthNote>& notes) {
  Json pools = Json::array();
  for (const HealthNote& note : notes) pools.push_back({{"pool", note.pool}, {"trouble", note.trouble}});
  std::string text = Json{{"pools", pools}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  // Whole pages: what was longer before leaves nothing behind, and has its place on the disk already.
  text.resize((text.size() / page_bytes + 1) * page_bytes, ' ');
  text.back() = '\n';
  const int fd = ::open(file_in(directory).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd == -1) return;
  if (::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    (void)!::ftruncate(fd, static_cast<off_t>(text.size()));
  ::close(fd);
}

std::vector<HealthNote> read_health_notes(const std::string& directory) {
  std::ifstream file(file_in(directory), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("pools") || !json["pools"].is_array()) return {};
  std::vector<HealthNote> notes;
  for (const Json& pool : json["pools"]) {
    if (!pool.is_object()) continue;
    notes.push_back({.pool = pool.value("pool", ""), .trouble = pool.value("trouble", "")});
  }
  return notes;
}

}  // namespace parking_lot
