#include "simulate/what_if.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "simulate/generate.h"
#include "simulate/plots.h"
#include "simulate/resources.h"
#include "simulate/setup.h"
#include "simulate/text_writer.h"

namespace parking_lot::simulate {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t tasks_max = 10'000'000;

/// Members of the request, or what stands for a missing one.
class Request {
 public:
  explicit Request(std::string_view text) : json_(Json::parse(text, nullptr, false)) {}

  bool is_object() const { return json_.is_object(); }
  std::string text(const char* key) const {
    const auto member = json_.find(key);
    return member != json_.end() && member->is_string() ? member->get<std::string>() : std::string();
  }
  std::uint64_t number(const char* key, std::uint64_t otherwise) const {
    const auto member = json_.find(key);
    return member != json_.end() && member->is_number_unsigned() ? member->get<std::uint64_t>() : otherwise;
  }
  bool is_set(const char* key) const {
    const auto member = json_.find(key);
    return member != json_.end() && member->is_boolean() && member->get<bool>();
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> out;
    const auto member = json_.find(key);
    if (member == json_.end() || !member->is_array()) return out;
    for (const Json& each : *member) {
      if (each.is_string()) out.push_back(each.get<std::string>());
    }
    return out;
  }

 private:
  Json json_;
};

Result<Trace> trace_of(const Request& request, std::string_view text) {
  LlmModel model;
  model.estimate_percent = std::min<std::uint64_t>(request.number("estimate_percent", 100), 100000);
  if (const std::string name = request.text("generate"); !name.empty()) {
    const auto workload = parse_workload(name);
    if (!workload) return Failure({"generate", "is one of llm-code, llm-chat and bursty."});
    const std::uint64_t count = request.number("tasks", usual_count(*workload));
    if (count == 0 || count > tasks_max)
      return Failure({"tasks", "must be from 1 to " + std::to_string(tasks_max) + "."});
    return generate(*workload, request.number("seed", 1), count, model);
  }
  const std::string named = request.text("format");
  const auto format = named.empty() ? guess_format(request.text("name"), text) : parse_format(named);
  if (!format) return Failure({"format", "is one of jsonl, azure-llm and swf."});
  return read_trace(text, *format, model);
}

struct Ran {
  Contender contender;
  Simulated simulated;
  Figures figures;
};

Result<std::vector<Ran>> run_all(const Request& request, Trace& trace) {
  Sizing sizing;
  sizing.load_percent = std::clamp<std::uint64_t>(request.number("load_percent", 95), 1, 100000);
  sizing.units = std::min(request.number("units", 0), units_max);
  std::string config = request.text("config");
  if (config.empty()) config = config_for(trace, sizing);
  auto made = contenders(config, request.texts("policies"), nullptr);
  if (!made) return Failure(std::move(made.error()));
  measure_tightest(trace, made->front().config);
  const Overrun overrun = request.is_set("kill_at_estimate") ? Overrun::killed : Overrun::goes_on;
  std::vector<Ran> out;
  for (Contender& contender : *made) {
    auto simulated = simulate(contender.config, trace, overrun);
    if (!simulated) return Failure(std::move(simulated.error()));
    Figures figures = measure(contender.config, trace, *simulated);
    out.push_back({std::move(contender), std::move(*simulated), std::move(figures)});
  }
  return out;
}

std::string error_json(const Error& error) {
  JsonText inner;
  inner.open();
  inner.text("where", error.where);
  inner.text("message", error.message);
  inner.close();
  return "{\"error\":" + std::move(inner).finish() + '}';
}

/// JSON texts as an array.
std::string listed(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? "," : "") + item;
  return out + ']';
}

std::string answer(const Request& request, const Trace& trace, const std::vector<Ran>& runs) {
  std::vector<Compared> compared;
  std::vector<std::string> policies;
  for (const Ran& run : runs) {
    compared.push_back({run.contender.name, &run.simulated, &run.figures});
    std::string figures = figures_json(run.contender.name, run.figures);
    figures.pop_back();  // goes on with the config
    policies.push_back(figures + ",\"config\":" + json_string(run.contender.config_json) + '}');
  }
  std::vector<std::string> pictures;
  for (const Picture& picture : draw_plots(trace, compared)) {
    JsonText json;
    json.open();
    json.text("name", picture.name);
    json.text("svg", picture.svg);
    json.close();
    pictures.push_back(std::move(json).finish());
  }
  JsonText json;
  json.open();
  json.open("trace");
  const std::string generated = request.text("generate");
  json.text("name", generated.empty() ? request.text("name") : generated);
  json.whole("tasks", trace.tasks.size());
  json.whole("left_out", trace.left_out);
  json.number("span_ms", static_cast<double>(trace.last_ms() - trace.first_ms()), 0);
  json.close();
  json.raw("policies", listed(policies));
  json.raw("pictures", listed(pictures));
  json.close();
  return std::move(json).finish();
}

}  // namespace

std::string what_if(std::string_view text, std::string_view trace_text) {
  const Request request(text);
  if (!request.is_object()) return error_json({"request", "must be a JSON object."});
  auto trace = trace_of(request, trace_text);
  if (!trace) return error_json(trace.error());
  const auto runs = run_all(request, *trace);
  if (!runs) return error_json(runs.error());
  return answer(request, *trace, *runs);
}

}  // namespace parking_lot::simulate
