#include "simulate/generate.h"

#include <array>
#include <span>
#include <string>

namespace parking_lot::simulate {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {  // splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(((next() >> 32) * limit) >> 32);
  }
  /// Exponentially distributed, with this mean (below 2^36), rounded to the nearest.
  std::uint64_t exponential(std::uint64_t mean);

 private:
  std::uint64_t state_;
};

/// -ln(u) of u = `bits` / 2^64, with 24 binary places. The logarithm comes bit by bit from squaring (Knuth,
/// TAOCP vol. 1, 1.2.2, exercise 28).
std::uint64_t negative_logarithm(std::uint64_t bits) {
  constexpr unsigned places = 24;
  constexpr std::uint64_t ln2 = 11629080;  // of 2^24
  bits |= 1;
  unsigned zeros = 0;
  for (; (bits >> 63) == 0; bits <<= 1) ++zeros;
  std::uint64_t mantissa = bits >> 32;  // 1 ≤ mantissa / 2^31 < 2
  std::uint64_t fraction = 0;
  for (unsigned i = 0; i < places; ++i) {
    mantissa = (mantissa * mantissa) >> 31;
    fraction <<= 1;
    if ((mantissa >> 32) != 0) {
      fraction |= 1;
      mantissa >>= 1;
    }
  }
  const std::uint64_t log2 = ((63ULL - zeros) << places) + fraction;  // of bits as it was
  return (((64ULL << places) - log2) * ln2) >> places;
}

std::uint64_t Random::exponential(std::uint64_t mean) {
  return (negative_logarithm(next()) * mean + (1U << 23)) >> 24;
}

/// A point of a distribution: this part in ten thousand is at most `value`.
struct Knot {
  std::uint32_t share;
  std::uint32_t value;
};

/// Distributions of tokens, linear between their knots. p10, p50, p90, p99, the maximum and the mean are the
/// published ones; what lies between them is placed so that the mean comes out.
constexpr Knot code_context[] = {{0, 3},       {1000, 147},  {2500, 578},  {4000, 1050}, {5000, 1469},
                                 {6000, 1880}, {7500, 2700}, {8000, 3120}, {8500, 3820}, {9000, 5194},
                                 {9500, 7200}, {9900, 7436}, {10000, 7437}};
constexpr Knot code_generated[] = {
    {0, 6},     {1000, 7},   {3000, 9},   {5000, 13},  {7000, 20},  {8000, 28},  {8500, 37},   {9000, 55},
    {9500, 84}, {9800, 155}, {9900, 252}, {9950, 340}, {9970, 440}, {9990, 760}, {9995, 1000}, {10000, 1899}};
constexpr Knot chat_context[] = {{0, 2},       {1000, 207},  {2000, 387},  {3000, 403},
                                 {5000, 1020}, {7000, 1130}, {8000, 1315}, {9000, 2735},
                                 {9500, 4083}, {9900, 4142}, {9990, 6212}, {10000, 14050}};
constexpr Knot chat_generated[] = {{0, 7},      {1000, 54},  {2500, 85},   {4000, 103},
                                   {5000, 129}, {6000, 177}, {7000, 384},  {9000, 424},
                                   {9500, 451}, {9900, 601}, {10000, 1000}};

std::uint64_t sample(Random& random, std::span<const Knot> knots) {
  constexpr std::uint64_t resolution = 100000;  // within one part in ten thousand
  const std::uint64_t share = random.below(10000ULL * resolution);
  std::size_t above = 1;
  while (std::uint64_t{knots[above].share} * resolution <= share) ++above;
  const Knot low = knots[above - 1];
  const Knot high = knots[above];
  const std::uint64_t width = std::uint64_t{high.share - low.share} * resolution;
  const std::uint64_t along = share - std::uint64_t{low.share} * resolution;
  return low.value + ((high.value - low.value) * along + width / 2) / width;
}

struct Shape {
  std::span<const Knot> context;
  std::span<const Knot> generated;
  std::uint64_t gap_us;  ///< mean time between arrivals
  std::uint64_t count;
};

Shape shape_of(Workload workload) {
  if (workload == Workload::llm_code) return {code_context, code_generated, 389105, 8819};  // 2.57 a second
  return {chat_context, chat_generated, 180832, 19366};                                     // 5.53 a second
}

/// Few tenants send most: these parts in a hundred.
constexpr std::array<std::uint32_t, 6> tenant_shares = {35, 25, 15, 12, 8, 5};

std::uint32_t tenant_of(Random& random) {
  std::uint32_t left = random.below(100);
  for (std::uint32_t tenant = 0; tenant < tenant_shares.size(); ++tenant) {
    if (left < tenant_shares[tenant]) return tenant;
    left -= tenant_shares[tenant];
  }
  return 0;
}

/// Calm and burst take turns, each of random length. A burst lasts 30 s and calm 150 s in the mean; then the
/// rate is 3 and 0.6 times the mean one, so that the mean stays. What a burst adds comes from one tenant.
class Bursts {
 public:
  explicit Bursts(Random& random) : random_(random), until_us_(random.exponential(calm_us)) {}

  std::uint64_t gap_us(std::uint64_t mean_us, std::uint64_t now_us) {
    while (until_us_ <= now_us) {
      is_burst_ = !is_burst_;
      until_us_ += 1 + random_.exponential(is_burst_ ? burst_us : calm_us);
    }
    return is_burst_ ? mean_us / 3 : mean_us * 5 / 3;
  }
  bool is_of_burst() { return is_burst_ && random_.below(10) < 8; }

 private:
  static constexpr std::uint64_t burst_us = 30'000'000;
  static constexpr std::uint64_t calm_us = 150'000'000;
  Random& random_;
  std::uint64_t until_us_;
  bool is_burst_ = false;
};

}  // namespace

std::optional<Workload> parse_workload(std::string_view name) {
  if (name == "llm-code") return Workload::llm_code;
  if (name == "llm-chat") return Workload::llm_chat;
  if (name == "bursty") return Workload::bursty;
  return std::nullopt;
}

std::uint64_t usual_count(Workload workload) { return shape_of(workload).count; }

Trace generate(Workload workload, std::uint64_t seed, std::uint64_t count, const LlmModel& model) {
  const Shape shape = shape_of(workload);
  Random random(seed);
  Bursts bursts(random);
  Trace trace;
  trace.pools = {""};
  for (std::size_t i = 0; i < tenant_shares.size(); ++i)
    trace.tenants.push_back("tenant-" + std::to_string(i + 1));
  trace.tasks.reserve(count);
  trace.ids.reserve(count);
  std::uint64_t now_us = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool comes_in_bursts = workload == Workload::bursty;
    const std::uint64_t mean_us = comes_in_bursts ? bursts.gap_us(shape.gap_us, now_us) : shape.gap_us;
    TraceTask task;
    task.submit_ms = static_cast<std::int64_t>(now_us / 1000);
    task.tenant = comes_in_bursts && bursts.is_of_burst() ? 0 : tenant_of(random);
    const std::uint64_t context = sample(random, shape.context);
    model.measure(context, sample(random, shape.generated), task);
    trace.tasks.push_back(task);
    trace.ids.push_back(std::to_string(i + 1));
    now_us += random.exponential(mean_us);
  }
  return trace;
}

}  // namespace parking_lot::simulate
