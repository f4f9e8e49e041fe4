#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "parking_lot/native/answers.h"
#include "parking_lot/result.h"

namespace parking_lot::cli {

enum class Existing : std::uint8_t { replaced, continued };

/// Outcomes as JSON lines, in a file or on standard output. Each line is written at once and whole, so that
/// what a crash can leave is one torn line at the end.
class OutcomeFile {
 public:
  /// Empty path, or -: standard output. `continued`: cuts a torn last line, remembers whose outcomes are
  /// there, and appends.
  static Result<OutcomeFile> open(const std::string& path, Existing existing);

  OutcomeFile(OutcomeFile&& other) noexcept;
  OutcomeFile& operator=(OutcomeFile&&) = delete;
  ~OutcomeFile();

  /// Whether the file was there before it was opened.
  bool was_there() const { return was_there_; }

  /// The outcome of this task that the file held when it was opened.
  enum class Present : std::uint8_t { no, completed, otherwise };
  Present present(const std::string& pool, const std::string& task_id) const;

  Result<void> write(const Outcome& outcome);

 private:
  OutcomeFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<void> read_existing();
  void remember(std::string_view line);

  int fd_;
  std::string path_;
  bool was_there_ = false;
  std::map<std::pair<std::string, std::string>, Present> present_;
};

/// `{task_id, pool, status, reason?, attempt, started_at?, finished_at?, result?}`. `reason` of a rejected
/// task is its refusal.
std::string outcome_json(const Outcome& outcome);

}  // namespace parking_lot::cli
