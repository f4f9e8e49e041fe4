#include "cli/store_rehearsal.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace parking_lot::cli {
namespace {

bool is_changed(const std::string& file, std::span<const RepairStep> steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [&](const RepairStep& step) { return step.file == file || step.kept_as == file; });
}

}  // namespace

StoreRehearsal::StoreRehearsal(StoreRehearsal&& other) noexcept
    : directory_(std::exchange(other.directory_, {})) {}

StoreRehearsal::~StoreRehearsal() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Result<StoreRehearsal> StoreRehearsal::of(const std::string& directory, std::span<const RepairStep> steps) {
  std::error_code error;
  std::string made = (std::filesystem::temp_directory_path(error) / "parking-lot-repair-XXXXXX").string();
  if (error || ::mkdtemp(made.data()) == nullptr)
    return Failure({made, "cannot be made; name a folder for temporary files with TMPDIR."});
  StoreRehearsal rehearsal(std::move(made));
  const std::filesystem::path to = rehearsal.directory_;
  for (std::filesystem::directory_iterator file(std::filesystem::absolute(directory), error), end;
       !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    // Whoever owns the store does not own the rehearsal.
    if (name == "lock" || name.starts_with('.') || !file->is_regular_file(error)) continue;
    if (is_changed(name, steps))
      std::filesystem::copy_file(file->path(), to / name, error);
    else
      std::filesystem::create_symlink(file->path(), to / name, error);
    if (error) break;
  }
  if (error) return Failure({rehearsal.directory_, "cannot be filled: " + error.message() + "."});
  return rehearsal;
}

}  // namespace parking_lot::cli
