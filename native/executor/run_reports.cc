#include "executor/run_reports.h"

#include <nlohmann/json.hpp>

namespace parking_lot {

namespace {
constexpr std::size_t line_bytes_max = 64 * 1024;
}

void RunReports::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (!skips_line_ && line_.size() + part.size() > line_bytes_max) {
      skips_line_ = true;
      line_.clear();
      complain();
    }
    if (!skips_line_) line_ += part;
    if (end == std::string_view::npos) return;
    if (!skips_line_) take(line_);
    line_.clear();
    skips_line_ = false;
    bytes.remove_prefix(end + 1);
  }
}

void RunReports::take(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  const nlohmann::json report = nlohmann::json::parse(line, nullptr, false);
  if (!report.is_object()) return complain();
  const auto progress = report.find("progress");
  const auto usage = report.find("usage");
  const bool has_usage =
      usage != report.end() && usage->is_number_unsigned() && usage->get<Units>() <= units_max;
  if (progress != report.end()) observer_.progressed(run_, progress->dump());
  if (has_usage) observer_.used(run_, usage->get<Units>());
  if (progress == report.end() && !has_usage) complain();
}

void RunReports::complain() {
  if (has_complained_) return;
  has_complained_ = true;
  observer_.complained(
      run_, "wrote a line to descriptor 3 that is neither {\"progress\": …} nor {\"usage\": units}");
}

}  // namespace parking_lot
