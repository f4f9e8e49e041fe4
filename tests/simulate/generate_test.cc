#include "simulate/generate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

using namespace parking_lot;
using namespace parking_lot::simulate;

namespace {

struct Published {
  double p10, p50, p90, p99, max, mean;
};

void check_tokens(std::vector<double> tokens, const Published& published) {
  std::sort(tokens.begin(), tokens.end());
  const auto at = [&](double share) {
    return tokens[static_cast<std::size_t>(share * static_cast<double>(tokens.size()))];
  };
  CHECK(at(0.10) == Approx(published.p10).epsilon(0.04));
  CHECK(at(0.50) == Approx(published.p50).epsilon(0.04));
  CHECK(at(0.90) == Approx(published.p90).epsilon(0.04));
  CHECK(at(0.99) == Approx(published.p99).epsilon(0.06));
  CHECK(tokens.back() <= published.max);
  CHECK(tokens.back() >= published.max * 0.8);
  const double mean = std::accumulate(tokens.begin(), tokens.end(), 0.0) / static_cast<double>(tokens.size());
  CHECK(mean == Approx(published.mean).epsilon(0.02));
}

/// Models under which units or milliseconds are tokens.
constexpr LlmModel contexts_as_time{1, 1000, 0, 100};
constexpr LlmModel generated_as_time{1, 0, 1000, 100};

std::vector<double> durations(Workload workload, const LlmModel& model) {
  std::vector<double> out;
  for (const TraceTask& task : generate(workload, 11, 100000, model).tasks)
    out.push_back(static_cast<double>(task.duration_ms));
  return out;
}

double rate_of(const Trace& trace) {
  return static_cast<double>(trace.tasks.size()) * 1000 / static_cast<double>(trace.last_ms());
}

/// Variance of the arrivals in a slice of ten seconds, by their mean: 1 for a Poisson process.
double dispersion_of(const Trace& trace) {
  std::vector<double> counts(static_cast<std::size_t>(trace.last_ms() / 10000) + 1);
  for (const TraceTask& task : trace.tasks) counts[static_cast<std::size_t>(task.submit_ms / 10000)] += 1;
  const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double squares = 0;
  for (const double count : counts) squares += (count - mean) * (count - mean);
  return squares / static_cast<double>(counts.size()) / mean;
}

}  // namespace

TEST_CASE("llm-code has the published tokens and rate") {
  check_tokens(durations(Workload::llm_code, contexts_as_time), {147, 1469, 5194, 7436, 7437, 2048});
  check_tokens(durations(Workload::llm_code, generated_as_time), {7, 13, 55, 252, 1899, 27.9});
  CHECK(rate_of(generate(Workload::llm_code, 5, 100000, {})) == Approx(2.57).epsilon(0.02));
}

TEST_CASE("llm-chat has the published tokens and rate") {
  check_tokens(durations(Workload::llm_chat, contexts_as_time), {207, 1020, 2735, 4142, 14050, 1155});
  check_tokens(durations(Workload::llm_chat, generated_as_time), {54, 129, 424, 601, 1000, 211});
  const Trace trace = generate(Workload::llm_chat, 5, 100000, {});
  CHECK(rate_of(trace) == Approx(5.53).epsilon(0.02));
  CHECK(dispersion_of(trace) == Approx(1).epsilon(0.1));
}

TEST_CASE("bursty has the rate of chat, in bursts of one tenant") {
  const Trace trace = generate(Workload::bursty, 5, 200000, {});
  CHECK(rate_of(trace) == Approx(5.53).epsilon(0.1));
  CHECK(dispersion_of(trace) > 5);
  std::vector<double> tasks(trace.tenants.size());
  for (const TraceTask& task : trace.tasks) tasks[task.tenant] += 1;
  CHECK(tasks[0] > 2 * *std::max_element(tasks.begin() + 1, tasks.end()));
}

TEST_CASE("a seed decides the whole trace") {
  const auto spelled = [](const Trace& trace) {
    std::vector<std::int64_t> out;
    for (const TraceTask& task : trace.tasks) {
      out.insert(out.end(),
                 {task.submit_ms, task.duration_ms, static_cast<std::int64_t>(task.units), task.tenant});
    }
    return out;
  };
  CHECK(spelled(generate(Workload::bursty, 3, 1000, {})) == spelled(generate(Workload::bursty, 3, 1000, {})));
  CHECK(spelled(generate(Workload::bursty, 3, 1000, {})) != spelled(generate(Workload::bursty, 4, 1000, {})));
}

TEST_CASE("a seed gives the same trace in every build and for ever") {
  const Trace trace = generate(Workload::llm_chat, 1, 3, {});
  std::string spelled;
  for (const TraceTask& task : trace.tasks) {
    spelled += std::to_string(task.submit_ms) + ' ' + std::to_string(task.duration_ms) + ' ' +
               std::to_string(task.units) + ' ' + trace.tenants[task.tenant] + '\n';
  }
  CHECK(spelled == "0 4479 1322 tenant-3\n146 4804 798 tenant-4\n373 5821 285 tenant-4\n");
}
