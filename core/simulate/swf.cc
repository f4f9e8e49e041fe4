#include <array>
#include <string>
#include <unordered_map>

#include "simulate/trace_text.h"

/// Standard Workload Format 2.2: Chapin et al., "Benchmarks and standards for the evaluation of parallel job
/// schedulers", JSSPP 1999, and the Parallel Workloads Archive's definition. -1 says "unknown".
namespace parking_lot::simulate {
namespace {

constexpr std::size_t field_count = 18;
constexpr const char* field_names[field_count] = {"job number",
                                                  "submit time",
                                                  "wait time",
                                                  "run time",
                                                  "allocated processors",
                                                  "CPU time",
                                                  "used memory",
                                                  "requested processors",
                                                  "requested time",
                                                  "requested memory",
                                                  "status",
                                                  "user",
                                                  "group",
                                                  "executable",
                                                  "queue",
                                                  "partition",
                                                  "preceding job",
                                                  "think time"};
enum Field : std::size_t {
  job = 0,
  submit = 1,
  run_time = 3,
  allocated = 4,
  requested = 7,
  requested_time = 8,
  status = 10,
  user = 11,
};
constexpr std::int64_t thousandths_max = 4'000'000'000'000'000;  // a time in ms stays far from overflow

using Fields = std::array<std::int64_t, field_count>;  // in thousandths

/// `; MaxProcs: 128`
void read_header(std::string_view line, Trace& trace, bool& knows_processors) {
  const std::string_view text = trimmed(line.substr(1));
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view key = trimmed(text.substr(0, colon));
  std::string_view value = trimmed(text.substr(colon + 1));
  value = value.substr(0, value.find_first_of(" \t("));  // remarks follow in some logs
  const auto number = parse_whole(value);
  if (!number || *number == 0) return;
  if (key == "MaxProcs") {
    trace.machine_units = *number;
    knows_processors = true;
  } else if (key == "MaxNodes" && !knows_processors) {
    trace.machine_units = *number;
  }
}

Result<Fields> read_fields(const Lines& lines) {
  Fields fields{};
  std::string_view rest = lines.line;
  std::size_t count = 0;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (rest.empty()) break;
    const std::string_view field = rest.substr(0, rest.find_first_of(" \t"));
    if (count < field_count) {
      const auto value = parse_thousandths(field);
      if (!value || *value > thousandths_max)
        return lines.error("Field " + std::to_string(count + 1) + " (" + field_names[count] + ") is " +
                           quoted(field) + "; it must be a number, or -1 where it is unknown.");
      fields[count] = *value;
    }
    ++count;
    rest.remove_prefix(field.size());
  }
  if (count == field_count) return fields;
  return lines.error("The line has " + std::to_string(count) +
                     " fields; a job has 18 (Standard Workload Format), and a comment begins with ';'.");
}

Units units_of(const Fields& fields) {
  const std::int64_t processors = fields[requested] > 0 ? fields[requested] : fields[allocated];
  return processors > 0 ? static_cast<Units>(processors / 1000) : 0;
}

bool is_part(const Fields& fields) { return fields[status] >= 2000 && fields[status] <= 4000; }

}  // namespace

Result<Trace> read_swf(std::string_view text) {
  Trace trace;
  trace.unit_ms = 1000;
  trace.pools = {""};
  NameList tenants(trace.tenants);
  bool knows_processors = false;
  std::unordered_map<std::string, std::uint64_t> line_of_id;  // only looked up
  Lines lines(text);
  while (lines.next()) {
    const std::string_view line = trimmed(lines.line);
    if (line.empty()) continue;
    if (line.front() == ';') {
      read_header(line, trace, knows_processors);
      continue;
    }
    const auto fields = read_fields(lines);
    if (!fields) return Failure(fields.error());
    const Fields& of = *fields;
    if (of[submit] < 0)
      return lines.error("Field 2 (submit time) is negative; it counts seconds from the log's start.");
    const Units units = units_of(of);
    // Cancelled before it ran, or nothing is known of the run; or one line of several that tell of parts of a
    // run, which another line sums up.
    if (of[run_time] < 0 || units == 0 || is_part(of)) {
      ++trace.left_out;
      continue;
    }
    std::string id = std::to_string(of[job] / 1000);
    const auto [known, is_new] = line_of_id.try_emplace(id, lines.number);
    if (!is_new) {
      return lines.error("Field 1 (job number) is " + id + ", as in line " + std::to_string(known->second) +
                         "; each job has a number of its own. Number them anew, or leave one out.");
    }
    TraceTask task;
    task.submit_ms = of[submit];
    task.duration_ms = of[run_time];
    task.estimate_ms = of[requested_time] > 0 ? of[requested_time] : 0;
    task.units = units;
    task.tenant = tenants.place_of(of[user] < 0 ? "default" : "user" + std::to_string(of[user] / 1000));
    trace.tasks.push_back(task);
    trace.ids.push_back(std::move(id));
  }
  if (trace.tasks.empty())
    return Failure({"", "The trace has no job that ran; give a log in the Standard Workload Format."});
  order_by_arrival(trace);
  return trace;
}

}  // namespace parking_lot::simulate
