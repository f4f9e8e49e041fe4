#include "cli/job_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cstdio>
#include <string_view>
#include <utility>

#include "parking_lot/json.h"

namespace parking_lot::cli {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::string_view blanks = " \t\r\n";

// 64-bit FNV-1a over a stream.
struct StreamDigest {
  std::uint64_t value = 0xcbf29ce484222325;
  void add(std::string_view bytes) {
    for (const char byte : bytes) value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
};

ssize_t read_some(int fd, char* buffer, std::size_t size) {
  ssize_t count = 0;
  do {
    count = ::read(fd, buffer, size);
  } while (count == -1 && errno == EINTR);
  return count;
}

}  // namespace

Result<JobSource> JobSource::open(boost::asio::io_context& io, const std::string& path,
                                  std::size_t line_bytes_max) {
  const bool is_standard_input = path == "-";
  const int fd = is_standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd == -1) return Failure({path, std::string("cannot be opened: ") + strerror(errno) + "."});
  struct stat status {};
  fstat(fd, &status);
  if (S_ISDIR(status.st_mode)) {
    ::close(fd);
    return Failure({path, "is a directory; name a file of job lines."});
  }
  JobSource source(io, fd, is_standard_input ? "standard input" : path, line_bytes_max);
  source.is_regular_ = S_ISREG(status.st_mode);
  if (is_standard_input) source.restored_flags_ = fcntl(fd, F_GETFL);
  if (source.is_regular_) source.scan_file();
  if (source.error_) return Failure(*source.error_);
  return source;
}

JobSource::JobSource(boost::asio::io_context& io, int fd, std::string path, std::size_t line_bytes_max)
    : input_(io, fd), path_(std::move(path)), line_bytes_max_(line_bytes_max) {}

JobSource::~JobSource() {
  if (input_.is_open() && restored_flags_ != -1) fcntl(input_.native_handle(), F_SETFL, restored_flags_);
}

void JobSource::scan_file() {
  const int fd = input_.native_handle();
  const off_t start = lseek(fd, 0, SEEK_CUR);
  std::string chunk(chunk_bytes, '\0');
  StreamDigest digest;
  std::uint64_t lines = 0;
  bool has_text = false;
  ssize_t size = 0;
  while ((size = read_some(fd, chunk.data(), chunk.size())) > 0) {
    const std::string_view bytes(chunk.data(), static_cast<std::size_t>(size));
    digest.add(bytes);
    for (const char byte : bytes) {
      if (byte == '\n') {
        lines += has_text ? 1 : 0;
        has_text = false;
      } else {
        has_text = has_text || blanks.find(byte) == std::string_view::npos;
      }
    }
  }
  if (size == -1) error_ = Error{path_, std::string("cannot be read: ") + strerror(errno) + "."};
  lseek(fd, start, SEEK_SET);
  digest_ = digest.value;
  line_count_ = lines + (has_text ? 1 : 0);
}

std::optional<JobLine> JobSource::next() {
  for (;;) {
    while (auto line = cut_line()) {
      const bool is_blank =
          line->length == JobLine::Length::fits && line->text.find_first_not_of(blanks) == std::string::npos;
      if (!is_blank) return line;
    }
    if (at_end_ || !fill()) return std::nullopt;
  }
}

std::optional<JobLine> JobSource::cut_line() {
  const std::size_t end = buffer_.find('\n', begin_);
  const bool is_last = end == std::string::npos;
  const std::size_t length = (is_last ? buffer_.size() : end) - begin_;
  if (is_last && !at_end_) {
    if (length <= line_bytes_max_) return std::nullopt;
    skips_line_ = true;  // and does not keep it
    buffer_.clear();
    begin_ = 0;
    return std::nullopt;
  }
  if (is_last && length == 0 && !skips_line_) {
    buffer_.clear();
    begin_ = 0;
    return std::nullopt;
  }
  JobLine line{.number = ++number_, .text = {}};
  if (std::exchange(skips_line_, false) || length > line_bytes_max_) {
    line.length = JobLine::Length::too_long;
  } else {
    line.text = buffer_.substr(begin_, length);
  }
  begin_ += length + (is_last ? 0 : 1);
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  }
  return line;
}

bool JobSource::fill() {
  if (!is_regular_ && !is_ready_) return false;  // a read would block everything else
  is_ready_ = false;
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + chunk_bytes);
  const ssize_t size = read_some(input_.native_handle(), buffer_.data() + kept, chunk_bytes);
  buffer_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (size == -1 && errno == EAGAIN) return false;
  if (size == -1) error_ = Error{path_, std::string("cannot be read: ") + strerror(errno) + "."};
  at_end_ = size <= 0;
  return true;
}

void JobSource::wait(std::function<void()> on_more) {
  input_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this, on_more = std::move(on_more)](boost::system::error_code error) {
                      if (error == boost::asio::error::operation_aborted) return;
                      // Not everything can be waited for (/dev/null); then a read does not block.
                      is_ready_ = true;
                      on_more();
                    });
}

std::string JobSource::name_of(const JobLine& line) const {
  char name[64];
  const std::uint64_t digest = is_regular_ ? digest_ : digest_of(line.text);
  std::snprintf(name, sizeof name, "job-%016llx-%llu", static_cast<unsigned long long>(digest),
                static_cast<unsigned long long>(line.number));
  return name;
}

}  // namespace parking_lot::cli
