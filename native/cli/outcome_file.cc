#include "cli/outcome_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "parking_lot/json.h"

namespace parking_lot::cli {
namespace {

Failure failure(const std::string& path, const char* what) {
  return Failure({path, std::string(what) + ": " + strerror(errno) + "."});
}

constexpr std::string_view line_start = "{\"task_id\":";

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<OutcomeFile> OutcomeFile::open(const std::string& path, Existing existing) {
  if (path.empty() || path == "-")
    return OutcomeFile(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "standard output");
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND | (existing == Existing::replaced ? O_TRUNC : 0);
  struct stat before = {};
  // A pipe or a device has no outcomes to give.
  const bool was_there = ::stat(path.c_str(), &before) == 0 && S_ISREG(before.st_mode);
  const int fd = ::open(path.c_str(), flags, 0666);
  if (fd == -1) return failure(path, "cannot be opened");
  OutcomeFile file(fd, path);
  file.was_there_ = was_there;
  if (existing == Existing::continued && was_there) {
    if (auto read = file.read_existing(); !read) return Failure(std::move(read.error()));
  }
  return file;
}

OutcomeFile::OutcomeFile(OutcomeFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      was_there_(other.was_there_),
      present_(std::move(other.present_)) {}

OutcomeFile::~OutcomeFile() {
  if (fd_ != -1) ::close(fd_);
}

Result<void> OutcomeFile::read_existing() {
  std::string line;
  std::string chunk(1 << 16, '\0');
  off_t whole = 0;
  for (;;) {
    const ssize_t size = ::read(fd_, chunk.data(), chunk.size());
    if (size == -1 && errno == EINTR) continue;
    if (size == -1) return failure(path_, "cannot be read");
    if (size == 0) break;
    std::string_view rest(chunk.data(), static_cast<std::size_t>(size));
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line += rest.substr(0, end);
      remember(line);
      whole += static_cast<off_t>(line.size()) + 1;
      line.clear();
      rest.remove_prefix(end + 1);
    }
    line += rest;
  }
  if (line.empty()) return {};
  if (!line.starts_with(line_start) && !line_start.starts_with(line))
    return Failure(
        {path_, "ends with something that is no outcome; name the file of the run that is resumed."});
  if (ftruncate(fd_, whole) != 0) return failure(path_, "has a torn last line that cannot be cut");
  return {};
}

void OutcomeFile::remember(std::string_view line) {
  const nlohmann::json outcome = nlohmann::json::parse(line, nullptr, false);
  if (!outcome.is_object()) return;
  const auto pool = outcome.find("pool");
  const auto task_id = outcome.find("task_id");
  if (pool == outcome.end() || task_id == outcome.end() || !pool->is_string() || !task_id->is_string())
    return;
  const auto status = outcome.find("status");
  const bool is_completed = status != outcome.end() && *status == to_string(Status::completed);
  present_[{pool->get<std::string>(), task_id->get<std::string>()}] =
      is_completed ? Present::completed : Present::otherwise;
}

OutcomeFile::Present OutcomeFile::present(const std::string& pool, const std::string& task_id) const {
  const auto found = present_.find({pool, task_id});
  return found == present_.end() ? Present::no : found->second;
}

Result<void> OutcomeFile::write(const Outcome& outcome) {
  const std::string line = outcome_json(outcome) + "\n";
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t size = ::write(fd_, rest.data(), rest.size());
    if (size >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {  // somebody who shares the descriptor made it non-blocking
      pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return failure(path_, "cannot be written");
    }
  }
  return {};
}

std::string outcome_json(const Outcome& outcome) {
  std::string json(line_start);
  json += json_string(outcome.task_id) + ",\"pool\":" + json_string(outcome.pool) + ",\"status\":\"";
  json += to_string(outcome.status);
  json += '"';
  if (outcome.refusal || outcome.reason != Reason::none) {
    json += ",\"reason\":\"";
    json += outcome.refusal ? to_string(*outcome.refusal) : to_string(outcome.reason);
    json += '"';
  }
  json += ",\"attempt\":" + std::to_string(outcome.attempt);
  if (outcome.started_at.ms != 0) json += ",\"started_at\":\"" + format_rfc3339(outcome.started_at) + '"';
  if (outcome.finished_at.ms != 0) json += ",\"finished_at\":\"" + format_rfc3339(outcome.finished_at) + '"';
  if (outcome.result != nullptr && !outcome.result->empty()) json += ",\"result\":" + *outcome.result;
  json += '}';
  return json;
}

}  // namespace parking_lot::cli
