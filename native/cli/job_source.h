#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "parking_lot/result.h"

namespace parking_lot::cli {

struct JobLine {
  std::uint64_t number = 0;  ///< from 1, as editors count
  std::string text;
  enum class Length : std::uint8_t { fits, too_long } length = Length::fits;
};

/// The lines of a job file, or of standard input, one after the other; holds one buffer and one line.
///
/// Files are read as lines are asked for. A pipe or a terminal may have nothing yet: then there is no next
/// line, and `wait` tells when to ask again.
class JobSource {
 public:
  /// "-" is standard input. A regular file is read once before, for its digest and its number of lines.
  static Result<JobSource> open(boost::asio::io_context& io, const std::string& path,
                                std::size_t line_bytes_max);

  JobSource(JobSource&&) = default;
  ~JobSource();

  /// The next line that is not blank.
  std::optional<JobLine> next();
  bool is_at_end() const { return at_end_ && buffer_.empty(); }
  /// Set if reading failed; there are no more lines then.
  const std::optional<Error>& error() const { return error_; }

  /// Calls once there is more to read, or the end. The source stays where it is until then, or is destroyed.
  void wait(std::function<void()> on_more);

  /// The id of a line that brings none: from the file's digest and the line's number, so that another run
  /// finds the same. Of standard input, from the line's own digest.
  std::string name_of(const JobLine& line) const;

  /// Lines that are not blank, where that is known beforehand.
  std::optional<std::uint64_t> line_count() const { return line_count_; }

 private:
  JobSource(boost::asio::io_context& io, int fd, std::string path, std::size_t line_bytes_max);

  void scan_file();
  bool fill();
  std::optional<JobLine> cut_line();

  boost::asio::posix::stream_descriptor input_;
  std::string path_;
  std::size_t line_bytes_max_;
  int restored_flags_ = -1;  // of standard input, which others share
  bool is_regular_ = false;
  bool is_ready_ = false;  // a pipe has something, or has ended
  bool at_end_ = false;
  bool skips_line_ = false;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the next line in the buffer
  std::uint64_t number_ = 0;
  std::uint64_t digest_ = 0;
  std::optional<std::uint64_t> line_count_;
  std::optional<Error> error_;
};

}  // namespace parking_lot::cli
