#include "simulate/figures.h"

#include <catch2/catch.hpp>

#include "simulate/plots.h"
#include "simulate/report.h"
#include "simulate/text_writer.h"
#include "traces.h"

using namespace parking_lot;
using namespace parking_lot::simulate;

TEST_CASE("percentiles are the nearest rank") {
  std::vector<double> samples;
  for (int i = 200; i >= 1; --i) samples.push_back(i);
  const Distribution of = Distribution::of(samples);
  CHECK(of.count == 200);
  CHECK(of.mean == Approx(100.5));
  CHECK(of.p50 == 100);
  CHECK(of.p95 == 190);
  CHECK(of.p99 == 198);
  CHECK(of.max == 200);
  std::vector<double> one = {7};
  CHECK(Distribution::of(one).p50 == 7);
  std::vector<double> none;
  CHECK(Distribution::of(none).max == 0);
}

TEST_CASE("figures of a trace worked out by hand") {
  const std::string members = R"("max_units": 4, "max_queue_depth": 1)";
  // 0-8, waits 6 from 2 to 8, refused, 9-10 at once.
  const Trace trace = trace_of({{0, 8, 4, 0, 0}, {2, 1, 4, 0, 1}, {3, 1, 1, 0, 0}, {9, 1, 2, 0, 1}});
  const Figures figures = measure(config_of(members), trace, run(members, trace));
  CHECK(figures.all.tasks == 4);
  CHECK(figures.all.completed == 3);
  CHECK(figures.all.rejected == 1);
  CHECK(figures.all.wait_ms.mean == Approx(2000));
  CHECK(figures.all.wait_ms.max == 6000);
  CHECK(figures.makespan_ms == 10000);
  CHECK(figures.utilisation == Approx((8 * 4 + 4 + 2) / 40.0));
  CHECK(figures.offered_load == Approx((8 * 4 + 4 + 1 + 2) / 36.0));
  CHECK(figures.units_peak == 4);
  CHECK(figures.all.bounded_slowdown.max == Approx(1));  // (6 + 1) / 10
  REQUIRE(figures.tenants.size() == 2);
  CHECK(figures.tenants[1].tasks == 2);
  CHECK(figures.tenants[1].wait_ms.mean == Approx(3000));
  CHECK(figures.tenants[0].unit_seconds == Approx(32));
  CHECK(figures.priorities.size() == 1);
}

TEST_CASE("the bounded slowdown divides by at least ten seconds") {
  const std::string members = R"("max_units": 1)";
  const Trace trace = trace_of({{0, 40, 1}, {0, 20, 1}});
  CHECK(measure(config_of(members), trace, run(members, trace)).all.bounded_slowdown.max == Approx(3));
  const Trace shorter = trace_of({{0, 40, 1}, {0, 2, 1}});
  CHECK(measure(config_of(members), shorter, run(members, shorter)).all.bounded_slowdown.max == Approx(4.2));
}

TEST_CASE("the largest tenth is by units, and of equals the earlier") {
  std::vector<Row> rows(30, Row{0, 1, 2});
  rows[5].units = 9;
  rows[29].units = 8;
  CHECK(largest_tenth(trace_of(rows)) == std::vector<std::uint32_t>{0, 5, 29});
  CHECK(largest_tenth(trace_of({{0, 1, 1}})).size() == 1);
}

TEST_CASE("a course over time keeps its integrals") {
  const std::string members = R"("max_units": 4)";
  const Trace trace = trace_of({{0, 7.3, 3}, {0.2, 1, 4}, {1.1, 0.05, 2}});
  const Simulated simulated = run(members, trace);
  const Course course = course_of(trace, simulated, simulated.last_ms, 37);
  double units = 0;
  double waiting = 0;
  for (const double value : course.units_in_use) units += value;
  for (const double value : course.tasks_waiting) waiting += value;
  const double slice = static_cast<double>(simulated.last_ms) / 37;
  CHECK(units * slice == Approx(7300 * 3 + 1000 * 4 + 50 * 2));
  CHECK(waiting * slice == Approx(7100 + 7200));
  CHECK(course.units_in_use.front() == Approx(3));
}

TEST_CASE("decimals are rounded and never spelled with an exponent") {
  CHECK(decimal(0, 2) == "0.00");
  CHECK(decimal(-0.004, 2) == "0.00");
  CHECK(decimal(1234.565, 1) == "1234.6");
  CHECK(decimal(-1.5, 0) == "-2");
  CHECK(decimal(1e15, 3) == "1000000000000000");
}

TEST_CASE("the report is one page which loads nothing and lets no name become markup") {
  const std::string members = R"("max_units": 4)";
  Trace trace = trace_of({{0, 8, 4, 0, 0}, {2, 1, 4, 0, 1}});
  trace.tenants[1] = "<script>alert(1)</script>";
  const Simulated simulated = run(members, trace);
  const Figures figures = measure(config_of(members), trace, simulated);
  const std::string page = report_html("a & b", trace, {{"first_fit", &simulated, &figures}});
  CHECK_THAT(page, Catch::Contains("a &amp; b"));
  CHECK_THAT(page, Catch::Contains("&lt;script&gt;"));
  CHECK_THAT(page, !Catch::Contains("<script"));
  CHECK_THAT(page, !Catch::Contains("src=") && !Catch::Contains("url(") && !Catch::Contains("<link"));
  CHECK_THAT(page, Catch::Contains("default-src 'none'"));
  std::size_t svgs = 0;
  for (std::size_t at = 0; (at = page.find("<svg", at)) != std::string::npos; ++at) ++svgs;
  CHECK(svgs == 5);  // waits, waits of the largest tenth, units in use, tasks waiting, tenants
}

TEST_CASE("figures as JSON have the waits in milliseconds") {
  const std::string members = R"("max_units": 4)";
  const Trace trace = trace_of({{0, 8, 4}, {2, 1, 4}});
  const std::string json = figures_json("strict", measure(config_of(members), trace, run(members, trace)));
  CHECK_THAT(json, Catch::StartsWith(R"({"policy":"strict","capacity":4,"units_peak":4,"utilisation":1,)"));
  CHECK_THAT(json, Catch::Contains(R"("wait_ms":{"mean":3000,"p50":0,"p95":6000,"p99":6000,"max":6000})"));
}
