#include <catch2/catch.hpp>

#include "simulate/trace.h"

using namespace parking_lot;
using namespace parking_lot::simulate;

namespace {

const std::string azure_heading = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

std::string swf_job(const std::string& submit, const std::string& run, const std::string& allocated,
                    const std::string& requested, const std::string& time, const std::string& user = "3") {
  static int number = 0;
  return std::to_string(++number) + ' ' + submit + " 5 " + run + ' ' + allocated + " -1 -1 " + requested +
         ' ' + time + " -1 1 " + user + " -1 -1 -1 -1 -1 -1\n";
}

}  // namespace

TEST_CASE("jsonl: a line is a task specification with its time and length") {
  const auto trace = read_jsonl(
      R"({"submit": 1500, "duration": "2s", "units": 3, "estimate": "2.5s", "tenant": "acme", "priority": "high"})"
      "\r\n\n"
      R"({"task_id": "b", "units": 2, "duration": 10.2, "pool": "gpu", "submit": "2s", "deadline": "1m", "timeout": 500})"
      "\n");
  REQUIRE(trace);
  REQUIRE(trace->tasks.size() == 2);
  const TraceTask& first = trace->tasks[0];
  CHECK(first.submit_ms == 1500);
  CHECK(first.duration_ms == 2000);
  CHECK(first.estimate_ms == 2500);
  CHECK(first.units == 3);
  CHECK(first.priority == Priority::high);
  CHECK(trace->tenants[first.tenant] == "acme");
  CHECK(trace->ids[0] == "1");
  const TraceTask& second = trace->tasks[1];
  CHECK(second.duration_ms == 11);
  CHECK(second.deadline_ms == 62000);
  CHECK(second.timeout_ms == 500);
  CHECK(trace->pools[second.pool] == "gpu");
  CHECK(trace->ids[1] == "b");
  CHECK(trace->unit_ms == 1);
}

TEST_CASE("jsonl: times of RFC 3339 and payloads with the names of the trace's own members") {
  const auto trace = read_jsonl(
      R"({"payload": {"submit": 1, "duration": "}\"{"}, "duration": 1, "submit": "2026-01-01T00:00:01Z"})"
      "\n");
  REQUIRE(trace);
  CHECK(trace->tasks[0].submit_ms == 1767225601000);
}

TEST_CASE("jsonl: tasks arrive by time, and at one time in the order of the file") {
  const auto trace = read_jsonl(R"({"task_id": "late", "submit": 9, "duration": 1}
{"task_id": "a", "submit": 3, "duration": 1}
{"task_id": "b", "submit": 3, "duration": 1})");
  REQUIRE(trace);
  CHECK(trace->ids == std::vector<std::string>{"a", "b", "late"});
}

TEST_CASE("jsonl: what is wrong is told with its line and field") {
  const std::string good = R"({"submit": 0, "duration": 1})"
                           "\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"duration": 1})", "submit: is missing"},
      {R"({"submit": 1})", "duration: is missing"},
      {R"({"submit": -1, "duration": 1})", "submit: is '-1'; write milliseconds"},
      {R"({"submit": 1, "duration": "soon"})", "duration: is '\"soon\"'; write milliseconds"},
      {R"({"submit": "yesterday", "duration": 1})", "a time of RFC 3339"},
      {R"({"submit": 1, "duration": 1, "unit": 4})", "unit"},
      {R"({"submit": 1, "duration": 1, "units": -4})", "units"},
      {R"({"submit": 1, "duration": 1, "units": 4)", "column 40: This is not JSON"},
      {R"({"submit": 1, "submit": 2, "duration": 1})", "submit"},
      {R"([1])", "must be an object"},
      {"nonsense", "column"},
  };
  for (const auto& [line, message] : cases) {
    INFO(line);
    const auto trace = read_jsonl(good + line + '\n');
    REQUIRE_FALSE(trace);
    CHECK(trace.error().where == "line 2");
    CHECK_THAT(trace.error().message, Catch::Contains(message));
  }
}

TEST_CASE("jsonl: an id stands in a trace once, and a trace has at least one task") {
  const auto twice = read_jsonl(
      "{\"task_id\": \"a\", \"submit\": 1, \"duration\": 1}\n"
      "{\"task_id\": \"a\", \"submit\": 2, \"duration\": 1}\n");
  REQUIRE_FALSE(twice);
  CHECK_THAT(twice.error().message, Catch::Contains("'a' stands in line 1 already"));
  CHECK_FALSE(read_jsonl("\n \n"));
}

TEST_CASE("azure-llm: tokens become units of memory and a run time, exactly") {
  const auto trace = read_azure_llm(azure_heading +
                                        "2023-11-16 18:15:46.6805900,374,44\r\n"
                                        "2023-11-16 18:15:50.9951690,396,109",
                                    {});
  REQUIRE(trace);
  REQUIRE(trace->tasks.size() == 2);
  CHECK(trace->tasks[0].units == 131);         // 418 tokens × 0.3125 MiB = 130.6
  CHECK(trace->tasks[0].duration_ms == 1414);  // 374 × 0.25 + 44 × 30 = 1413.5
  CHECK(trace->tasks[0].estimate_ms == 1414);
  CHECK(trace->tasks[0].submit_ms == 0);
  CHECK(trace->tasks[1].submit_ms == 4315);  // 50.995 − 46.680
}

TEST_CASE("azure-llm: the model can be another one") {
  const LlmModel model{1 << 20, 1000, 2000, 300};
  const auto trace = read_azure_llm(azure_heading + "2023-11-16T18:15:46Z,10,5\n", model);
  REQUIRE(trace);
  CHECK(trace->tasks[0].units == 15);
  CHECK(trace->tasks[0].duration_ms == 20);
  CHECK(trace->tasks[0].estimate_ms == 60);
}

TEST_CASE("azure-llm: what is wrong is told with its line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2023-11-16 18:15:46.68,374", "three fields"},
      {"2023-11-16 18:15:46.68,374,1,2", "three fields"},
      {"yesterday,374,1", "TIMESTAMP is 'yesterday'"},
      {"2023-11-16 18:15:46.68,-3,1", "ContextTokens"},
      {"2023-11-16 18:15:46.68,3,1.5", "GeneratedTokens"},
      {"2023-11-16 18:15:46.68,3,99999999999", "GeneratedTokens"},
  };
  for (const auto& [line, message] : cases) {
    INFO(line);
    const auto trace = read_azure_llm(azure_heading + "\n" + line + '\n', {});
    REQUIRE_FALSE(trace);
    CHECK(trace.error().where == "line 3");
    CHECK_THAT(trace.error().message, Catch::Contains(message));
  }
  CHECK(read_azure_llm("a,b,c\n", {}).error().where == "line 1");
  CHECK_FALSE(read_azure_llm(azure_heading, {}));
}

TEST_CASE("swf: jobs with their requested processors and time, and the machine's size") {
  const auto trace =
      read_swf("; MaxNodes: 64 (of two kinds)\n;  MaxProcs:  128\n;Note: a: b\n\n" +
               swf_job("10", "100", "4", "8", "600") + "  " + swf_job("11", "0", "4", "-1", "-1", "-1"));
  REQUIRE(trace);
  CHECK(trace->machine_units == 128);
  CHECK(trace->unit_ms == 1000);
  REQUIRE(trace->tasks.size() == 2);
  CHECK(trace->tasks[0].submit_ms == 10000);
  CHECK(trace->tasks[0].duration_ms == 100000);
  CHECK(trace->tasks[0].estimate_ms == 600000);
  CHECK(trace->tasks[0].units == 8);
  CHECK(trace->tenants[trace->tasks[0].tenant] == "user3");
  CHECK(trace->tasks[1].units == 4);  // what was allocated, where nothing was requested
  CHECK(trace->tasks[1].estimate_ms == 0);
  CHECK(trace->tenants[trace->tasks[1].tenant] == "default");
}

TEST_CASE("swf: entries that tell of no run are left out and counted") {
  const auto trace = read_swf(swf_job("1", "-1", "4", "8", "600") + swf_job("2", "5", "-1", "-1", "600") +
                              swf_job("3", "5", "1", "1", "600"));
  REQUIRE(trace);
  CHECK(trace->tasks.size() == 1);
  CHECK(trace->left_out == 2);
}

TEST_CASE("swf: what is wrong is told with its line and field") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1 2 3\n", "has 3 fields; a job has 18"},
      {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n", "has 19 fields"},
      {swf_job("x", "5", "1", "1", "1"), "Field 2 (submit time) is 'x'"},
      {swf_job("-4", "5", "1", "1", "1"), "Field 2 (submit time) is negative"},
      {swf_job("1", "5", "1", "1e9", "1"), "Field 8 (requested processors) is '1e9'"},
  };
  for (const auto& [line, message] : cases) {
    INFO(line);
    const auto trace = read_swf(";\n" + line);
    REQUIRE_FALSE(trace);
    CHECK(trace.error().where == "line 2");
    CHECK_THAT(trace.error().message, Catch::Contains(message));
  }
  CHECK_FALSE(read_swf("; only a comment\n"));
}

TEST_CASE("swf: lines about parts of a run are left out, and a job number that comes again is an error") {
  const std::string rest = " 5 100 4 -1 -1 8 600 -1 ";
  const std::string user = " 3 -1 -1 -1 -1 -1 -1\n";
  const auto trace =
      read_swf("7 1" + rest + "1" + user + "7 1" + rest + "2" + user + "7 1" + rest + "3" + user);
  REQUIRE(trace);
  CHECK(trace->ids == std::vector<std::string>{"7"});
  CHECK(trace->left_out == 2);
  const auto twice = read_swf("7 1" + rest + "1" + user + "7 2" + rest + "1" + user);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().where == "line 2");
  CHECK_THAT(twice.error().message, Catch::Contains("(job number) is 7, as in line 1"));
}

TEST_CASE("jsonl: an unknown key is told with all that a line may have") {
  const auto trace = read_jsonl(R"({"submit": 1, "duration": 1, "zzz": 1})");
  REQUIRE_FALSE(trace);
  CHECK_THAT(trace.error().message, Catch::Contains("Known here: submit, duration, task_id"));
}

TEST_CASE("a compressed trace is told to be unpacked") {
  for (const Format format : {Format::jsonl, Format::azure_llm, Format::swf}) {
    const auto trace = read_trace("\x1f\x8b\x08", format, {});
    REQUIRE_FALSE(trace);
    CHECK_THAT(trace.error().message, Catch::Contains("gzip"));
  }
}

TEST_CASE("the format follows from the file's name, else from its first line") {
  CHECK(guess_format("a/b.jsonl", "") == Format::jsonl);
  CHECK(guess_format("b.csv", "") == Format::azure_llm);
  CHECK(guess_format("b.swf", "") == Format::swf);
  CHECK(guess_format("b", " {\"submit\": 1}") == Format::jsonl);
  CHECK(guess_format("b.txt", azure_heading) == Format::azure_llm);
  CHECK(guess_format("b.txt", "; Version: 2.2") == Format::swf);
}

TEST_CASE("no text makes a reader abort") {
  const std::string seeds[] = {R"({"submit": 0, "duration": "1s", "units": 3, "tenant": "é"})",
                               azure_heading,
                               "2023-11-16 18:15:46.68,374,44",
                               swf_job("1", "2", "3", "4", "5"),
                               "\"\\",
                               "{\"a\":[{"};
  std::uint64_t state = 1;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 3; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      std::string part = seeds[(state >> 33) % std::size(seeds)];
      if (!part.empty()) part[(state >> 40) % part.size()] = static_cast<char>(state >> 50);
      text += part.substr(0, (state >> 20) % (part.size() + 1)) + ((state >> 60) % 2 == 0 ? "\n" : "");
    }
    for (const Format format : {Format::jsonl, Format::azure_llm, Format::swf}) {
      const auto trace = read_trace(text, format, {});
      if (!trace) CHECK_FALSE(trace.error().message.empty());
    }
  }
}
