#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "simulate/trace.h"

namespace parking_lot::simulate {

/// Kinds of traces that can be made up. Requests to language models after figures published for the Azure
/// LLM inference traces of 2023-11-16 (Patel et al., "Splitwise", ISCA 2024): `llm_code` completes code,
/// `llm_chat` holds conversations; `bursty` is chat whose arrivals come in bursts of one tenant.
enum class Workload : std::uint8_t { llm_code, llm_chat, bursty };
std::optional<Workload> parse_workload(std::string_view name);

/// As many tasks as the published trace of about an hour has.
std::uint64_t usual_count(Workload workload);

/// The same seed gives the same trace in every build: all arithmetic is on integers. O(count).
Trace generate(Workload workload, std::uint64_t seed, std::uint64_t count, const LlmModel& model);

}  // namespace parking_lot::simulate
