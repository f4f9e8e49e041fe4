#include <string>

#include "parking_lot/json.h"
#include "simulate/trace_text.h"

namespace parking_lot::simulate {
namespace {

constexpr std::string_view heading = "TIMESTAMP,ContextTokens,GeneratedTokens";
constexpr std::uint64_t tokens_max = 1'000'000'000;

/// `2023-11-16 18:15:46.6805900`, with or without a zone; UTC without one.
Result<WallTime> parse_timestamp(std::string_view text) {
  std::string spelled(text);
  if (spelled.size() > 10 && spelled[10] == ' ') spelled[10] = 'T';
  const std::size_t after_date = 10;
  const bool has_zone = spelled.find_first_of("Zz+", after_date) != std::string::npos ||
                        spelled.find('-', after_date) != std::string::npos;
  if (!has_zone) spelled += 'Z';
  return parse_rfc3339(spelled);
}

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t by) { return (value + by - 1) / by; }

}  // namespace

void LlmModel::measure(std::uint64_t context_tokens, std::uint64_t generated_tokens, TraceTask& task) const {
  constexpr std::uint64_t mib = 1 << 20;
  task.units = rounded_up((context_tokens + generated_tokens) * cache_bytes_per_token, mib);
  const std::uint64_t us = context_tokens * prompt_us_per_token + generated_tokens * output_us_per_token;
  task.duration_ms = static_cast<std::int64_t>(rounded_up(us, 1000));
  task.estimate_ms = static_cast<std::int64_t>(
      rounded_up(static_cast<std::uint64_t>(task.duration_ms) * estimate_percent, 100));
}

Result<Trace> read_azure_llm(std::string_view text, const LlmModel& model) {
  Trace trace;
  trace.pools = {""};
  trace.tenants = {"default"};
  Lines lines(text);
  if (!lines.next() || trimmed(lines.line) != heading)
    return Failure({"line 1", "The heading must be " + std::string(heading) +
                                  "; give a file of the Azure LLM inference traces, or another --format."});
  while (lines.next()) {
    const std::string_view line = trimmed(lines.line);
    if (line.empty()) continue;
    const std::size_t first = line.find(',');
    const std::size_t second = first == std::string_view::npos ? first : line.find(',', first + 1);
    if (second == std::string_view::npos || line.find(',', second + 1) != std::string_view::npos)
      return lines.error("The line must have three fields: " + std::string(heading) + ".");
    const std::string_view time = trimmed(line.substr(0, first));
    const auto at = parse_timestamp(time);
    if (!at) return lines.error("TIMESTAMP is " + quoted(time) + "; it must be like 2023-11-16 18:15:46.68.");
    const auto context = parse_whole(trimmed(line.substr(first + 1, second - first - 1)));
    const auto generated = parse_whole(trimmed(line.substr(second + 1)));
    if (!context || *context > tokens_max)
      return lines.error("ContextTokens must be a whole number, at most " + std::to_string(tokens_max) + ".");
    if (!generated || *generated > tokens_max)
      return lines.error("GeneratedTokens must be a whole number, at most " + std::to_string(tokens_max) +
                         ".");
    TraceTask task;
    task.submit_ms = at->ms;
    model.measure(*context, *generated, task);
    trace.tasks.push_back(task);
    trace.ids.push_back(std::to_string(trace.tasks.size()));
  }
  if (trace.tasks.empty())
    return Failure({"line 2", "The trace has no request; add lines below the heading."});
  order_by_arrival(trace);
  // The clock of the simulation, and what --starts writes, begins with the first request.
  const std::int64_t begin = trace.first_ms();
  for (TraceTask& task : trace.tasks) task.submit_ms -= begin;
  return trace;
}

}  // namespace parking_lot::simulate
