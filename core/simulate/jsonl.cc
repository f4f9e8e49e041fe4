#include <array>
#include <string>
#include <unordered_map>

#include "parking_lot/json.h"
#include "simulate/trace_text.h"

namespace parking_lot::simulate {
namespace {

constexpr std::int64_t trace_ms_max = 100'000'000LL * 86'400'000;  // times stay far from overflow

/// The two members that a trace adds to a task specification, cut out of it: as they are written.
struct SplitLine {
  std::string specification;
  std::string_view submit;
  std::string_view duration;
};

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

/// Where the value beginning at `at` ends: before the comma or bracket that follows it.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth < 0 || (depth == 0 && c == ',')) return at;
    ++at;
  }
  return at;
}

/// Blanks the members of the trace out of the object. What is no JSON stays for `parse_task` to complain of.
SplitLine split(std::string_view text) {
  SplitLine out{std::string(text), {}, {}};
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) out.specification[i] = ' ';
  };
  std::size_t at = text.find('{');
  std::size_t comma = std::string_view::npos;  // before the member, if a kept one precedes it
  while (at < text.size() && text[at] != '}') {
    const std::size_t key = text.find_first_not_of(" \t", at + 1);
    if (key == std::string_view::npos || text[key] != '"') break;
    const std::size_t key_end = end_of_string(text, key);
    const std::size_t colon = text.find_first_not_of(" \t", key_end);
    if (colon == std::string_view::npos || text[colon] != ':') break;
    const std::size_t end = end_of_value(text, colon + 1);
    const std::string_view name = text.substr(key, key_end - key);
    std::string_view* const member = name == "\"submit\""     ? &out.submit
                                     : name == "\"duration\"" ? &out.duration
                                                              : nullptr;
    if (member != nullptr && member->empty()) {
      *member = trimmed(text.substr(colon + 1, end - colon - 1));
      blank(key, end);
      if (comma != std::string_view::npos) {
        out.specification[comma] = ' ';
        comma = end < text.size() && text[end] == ',' ? end : comma;
      } else if (end < text.size() && text[end] == ',') {
        out.specification[end] = ' ';
      }
    } else {
      comma = end;
    }
    at = end;
  }
  return out;
}

/// Milliseconds as a number, or a text such as `1.5s`, or (of a moment) a time of RFC 3339.
enum class Meaning : std::uint8_t { moment, length };
Result<std::int64_t> read_time(std::string_view written, Meaning meaning) {
  if (written.size() >= 2 && written.front() == '"') {
    const std::string_view text = written.substr(1, written.size() - 2);
    if (const auto length = parse_duration(text)) return length->ms;
    if (meaning == Meaning::moment) {
      if (const auto time = parse_rfc3339(text)) return time->ms;
      return Failure({"submit", "is " + quoted(text) +
                                    "; write milliseconds, a text like \"1.5s\", or a time of RFC 3339."});
    }
  } else if (const auto thousandths = parse_thousandths(written); thousandths && *thousandths >= 0) {
    const std::int64_t ms = (*thousandths + 999) / 1000;
    if (ms <= trace_ms_max) return ms;
  }
  return Failure({meaning == Meaning::moment ? "submit" : "duration",
                  "is " + quoted(written) + "; write milliseconds, or a text like \"1.5s\"."});
}

class JsonlReader {
 public:
  explicit JsonlReader(std::string_view text) : lines_(text) {}

  Result<Trace> read() {
    while (lines_.next()) {
      if (trimmed(lines_.line).empty()) continue;
      if (auto task = read_task(); !task) return Failure(std::move(task.error()));
    }
    if (trace_.tasks.empty())
      return Failure({"line 1",
                      "The trace has no task; write one JSON object a line, like "
                      "{\"submit\": 0, \"duration\": \"2s\", \"units\": 1}."});
    order_by_arrival(trace_);
    return std::move(trace_);
  }

 private:
  Failure field_error(const Error& error) const {
    std::string message = error.message;
    constexpr std::string_view known =
        "Known here: task_id";  // what a specification has; a line has two more
    if (const std::size_t at = message.find(known); at != std::string::npos)
      message.replace(at, known.size(), "Known here: submit, duration, task_id");
    return lines_.error(error.where.empty() ? message : error.where + ": " + message);
  }

  Result<void> read_task() {
    const SplitLine line = split(lines_.line);
    Result<std::int64_t> submit = std::int64_t{0};
    Result<std::int64_t> duration = std::int64_t{0};
    if (!line.submit.empty()) submit = read_time(line.submit, Meaning::moment);
    if (!line.duration.empty()) duration = read_time(line.duration, Meaning::length);
    const auto parsed = parse_task(line.specification, nullptr, Now{WallTime{submit.value_or(0)}, {}});
    if (!parsed) return field_error(parsed.error());
    if (line.submit.empty()) return lines_.error("submit: is missing; say when the task arrives, like 1500.");
    if (line.duration.empty())
      return lines_.error("duration: is missing; say how long the task runs, like \"2s\".");
    if (!submit) return field_error(submit.error());
    if (!duration) return field_error(duration.error());
    return add(*parsed, *submit, *duration);
  }

  Result<void> add(const ParsedTask& parsed, std::int64_t submit, std::int64_t duration) {
    TraceTask task;
    if (!parsed.resources.empty()) {
      task.counts = TraceTask::Counts::resources;
      if (auto added = add_cost(parsed); !added) return added;
    }
    task.submit_ms = submit;
    task.duration_ms = duration;
    task.estimate_ms = parsed.estimate.ms;
    task.timeout_ms = parsed.timeout.ms;
    task.start_after_ms = parsed.start_after.ms;
    task.deadline_ms = parsed.deadline.ms;
    task.units = parsed.units;
    task.priority = parsed.priority;
    task.tenant = tenants_.place_of(parsed.tenant);
    task.pool = pools_.place_of(parsed.pool);
    std::string id = parsed.task_id.empty() ? std::to_string(lines_.number) : parsed.task_id;
    const auto [known, is_new] = line_of_id_.try_emplace(id, lines_.number);
    if (!is_new)
      return lines_.error("task_id: " + quoted(id) + " stands in line " + std::to_string(known->second) +
                          " already; every task of a trace needs an id of its own.");
    trace_.tasks.push_back(task);
    trace_.ids.push_back(std::move(id));
    if (!trace_.costs.empty()) trace_.costs.resize(trace_.tasks.size());
    return {};
  }

  /// Of the task that comes next.
  Result<void> add_cost(const ParsedTask& parsed) {
    std::array<Units, resources_max> cost{};
    for (const auto& [name, units] : parsed.resources) {
      const std::uint32_t place = resources_.place_of(name);
      if (place >= resources_max)
        return lines_.error("units." + name + ": is resource number " + std::to_string(place + 1) +
                            " of the trace; a pool counts at most " + std::to_string(resources_max) + ".");
      cost[place] = units;
    }
    trace_.costs.resize(trace_.tasks.size() + 1);
    trace_.costs.back() = cost;
    return {};
  }

  Lines lines_;
  Trace trace_;
  NameList tenants_{trace_.tenants};
  NameList pools_{trace_.pools};
  NameList resources_{trace_.resources};
  std::unordered_map<std::string, std::uint64_t> line_of_id_;  // only looked up
};

}  // namespace

Result<Trace> read_jsonl(std::string_view text) { return JsonlReader(text).read(); }

std::optional<Format> parse_format(std::string_view name) {
  if (name == "jsonl") return Format::jsonl;
  if (name == "azure-llm") return Format::azure_llm;
  if (name == "swf") return Format::swf;
  return std::nullopt;
}

Format guess_format(std::string_view path, std::string_view text) {
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return Format::jsonl;
  if (path.ends_with(".csv")) return Format::azure_llm;
  if (path.ends_with(".swf")) return Format::swf;
  const std::string_view begin = trimmed(text.substr(0, 80));
  if (begin.substr(0, 1) == "{") return Format::jsonl;
  return begin.substr(0, 9) == "TIMESTAMP" ? Format::azure_llm : Format::swf;
}

Result<Trace> read_trace(std::string_view text, Format format, const LlmModel& model) {
  if (text.substr(0, 2) == "\x1f\x8b")
    return Failure({"", "The trace is compressed with gzip; unpack it first, as with gunzip."});
  switch (format) {
    case Format::jsonl:
      return read_jsonl(text);
    case Format::azure_llm:
      return read_azure_llm(text, model);
    default:
      return read_swf(text);
  }
}

}  // namespace parking_lot::simulate
