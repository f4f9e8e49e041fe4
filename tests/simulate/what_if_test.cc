#include "simulate/what_if.h"

#include <catch2/catch.hpp>

using namespace parking_lot::simulate;

TEST_CASE("one call generates, compares and draws") {
  const std::string answer =
      what_if(R"({"generate": "bursty", "tasks": 300, "policies": ["first_fit", "strict"]})", "");
  CHECK_THAT(answer, Catch::StartsWith(R"({"trace":{"name":"bursty","tasks":300,)"));
  CHECK_THAT(answer,
             Catch::Contains(R"("policy":"strict")") && Catch::Contains(R"("name":"tenants","svg":"<svg )"));
  CHECK_THAT(answer, Catch::Contains(R"("config":"{\n)") || Catch::Contains(R"("config":"{\u000a)"));
}

TEST_CASE("one call reads a trace under a config, and answers the same every time") {
  const std::string request = R"({"name": "a.jsonl", "config": "{\"pools\": {\"p\": {\"max_units\": 3}}}"})";
  const std::string trace =
      "{\"submit\": 0, \"duration\": 1000, \"units\": 2}\n"
      "{\"submit\": 0, \"duration\": 1000, \"units\": 2}\n";
  const std::string answer = what_if(request, trace);
  CHECK_THAT(answer, Catch::Contains(R"("capacity":3)") && Catch::Contains(R"("max":1000)"));
  CHECK(answer == what_if(request, trace));
}

TEST_CASE("what is wrong with a call is its answer") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[1]", R"({"error":{"where":"request",)"},
      {"{", R"({"error":{"where":"request",)"},
      {R"({"generate": "chess"})", R"("where":"generate")"},
      {R"({"generate": "bursty", "tasks": 0})", R"("where":"tasks")"},
      {R"({"format": "xml"})", R"("where":"format")"},
      {R"({"name": "a.swf"})", R"("where":"line 1")"},
      {R"({"generate": "bursty", "tasks": 9, "policies": ["best"]})", R"("where":"--policy best")"},
      {R"({"generate": "bursty", "tasks": 9, "config": "{}"})", R"("where":"pools")"},
  };
  for (const auto& [request, part] : cases) {
    INFO(request);
    CHECK_THAT(what_if(request, "1 2 3"), Catch::StartsWith(R"({"error":)") && Catch::Contains(part));
  }
}
