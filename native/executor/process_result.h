#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parking_lot {

/// What a process wrote, within bounds: the beginning of its output, the end of its errors.
class CapturedOutput {
 public:
  explicit CapturedOutput(std::uint64_t output_bytes_max) : output_bytes_max_(output_bytes_max) {}

  void add_output(std::string_view bytes);
  void add_errors(std::string_view bytes);

  /// `{exit_code, signal?, stdout | stdout_base64, stderr_tail, truncated?}`. `signal` 0: it ended by itself.
  /// A process that was ended by a signal gets the exit code that shells give it, 128 + signal.
  std::string result(int exit_code, int signal) const;

 private:
  std::uint64_t output_bytes_max_;
  std::string output_;
  std::string errors_;
  bool truncated_ = false;
};

/// `{error}`: the result of a run that failed without one of its own.
std::string failure_result(std::string_view sentence);

}  // namespace parking_lot
