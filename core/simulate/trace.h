#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/result.h"
#include "parking_lot/types.h"

/// Traces: what was submitted when, and how long it ran. docs/policies.md specifies the formats.
namespace parking_lot::simulate {

/// One task of a trace. Times are milliseconds of the trace's own clock, which also is the wall clock of the
/// simulation.
struct TraceTask {
  std::int64_t submit_ms = 0;
  std::int64_t duration_ms = 0;  ///< of its run, if nothing ends it earlier
  std::int64_t estimate_ms = 0;  ///< 0: none
  std::int64_t timeout_ms = 0;   ///< 0: the pool's default
  std::int64_t start_after_ms = 0;
  std::int64_t deadline_ms = never_wall.ms;
  Units units = 1;           ///< where it costs several resources: of `Trace::measured`
  std::uint32_t tenant = 0;  ///< place in `Trace::tenants`
  std::uint32_t pool = 0;    ///< place in `Trace::pools`
  Priority priority = Priority::normal;
  enum class Counts : std::uint8_t { units, resources } counts = Counts::units;
};

/// Tasks in the order in which they arrive: by time, and at one time in the order of the file.
struct Trace {
  std::vector<TraceTask> tasks;
  std::vector<std::string> ids;  ///< one a task
  std::vector<std::string> tenants;
  std::vector<std::string> pools;                       ///< the empty name: the trace names none
  std::vector<std::string> resources;                   ///< that its tasks cost; none: they cost units
  std::vector<std::array<Units, resources_max>> costs;  ///< of each task, where there are resources
  std::string measured;        ///< the resource that figures count; see `measure_tightest`
  std::int64_t unit_ms = 1;    ///< the file's own unit of time
  Units machine_units = 0;     ///< capacity of the machine the trace was taken from; 0: unknown
  std::uint64_t left_out = 0;  ///< entries that tell of no run, or of a part of one (SWF)

  std::int64_t first_ms() const { return tasks.empty() ? 0 : tasks.front().submit_ms; }
  std::int64_t last_ms() const { return tasks.empty() ? 0 : tasks.back().submit_ms; }
};

/// How a request to a language model becomes a task. The defaults: Llama-2-70B with grouped-query attention
/// in fp16, on one server of 8 GPUs.
struct LlmModel {
  std::uint64_t cache_bytes_per_token = 327680;  ///< of the key-value cache; units are MiB of it, rounded up
  std::uint64_t prompt_us_per_token = 250;
  std::uint64_t output_us_per_token = 30000;
  std::uint64_t estimate_percent = 100;  ///< of the real run time; 0: no estimates

  /// Fills in units, duration and estimate.
  void measure(std::uint64_t context_tokens, std::uint64_t generated_tokens, TraceTask& task) const;
};

enum class Format : std::uint8_t { jsonl, azure_llm, swf };
std::optional<Format> parse_format(std::string_view name);
/// By the file's name, then by its first line.
Format guess_format(std::string_view path, std::string_view text);

/// Errors name the line in `where` ("line 12") and say what to do. Never aborts on any text.
Result<Trace> read_trace(std::string_view text, Format format, const LlmModel& model);

/// One JSON object a line: a task specification with `submit` and `duration` (milliseconds or texts like
/// `1.5s`; `submit` may be a time of RFC 3339).
Result<Trace> read_jsonl(std::string_view text);
/// Lines `TIMESTAMP,ContextTokens,GeneratedTokens` under that heading.
Result<Trace> read_azure_llm(std::string_view text, const LlmModel& model);
/// Standard Workload Format 2.2 of the Parallel Workloads Archive.
Result<Trace> read_swf(std::string_view text);

}  // namespace parking_lot::simulate
