#pragma once

#include <string>
#include <string_view>

namespace parking_lot::simulate {

/// A whole comparison in one call, for hosts that speak text, such as a page's worker.
///
/// `request` is a JSON object; every member may be missing:
///   `generate` llm-code | llm-chat | bursty, `seed` 1, `tasks`: a made-up trace, else
///   `format` jsonl | azure-llm | swf (by default as `name` and the text say), `name`: of `trace`;
///   `policies` [names as after --policy], `config` (JSON text; by default a pool sized by `load_percent` 95
///   or `units`), `estimate_percent` 100, `kill_at_estimate` false.
///
/// Answers with a JSON object: `trace` {name, tasks, span_ms, left_out}, `policies` (as `simulate --json`,
/// and `config`, the text that the policy ran with), `pictures` [{name, svg}]; or `error` {where, message}.
/// Never aborts on any text.
std::string what_if(std::string_view request, std::string_view trace);

}  // namespace parking_lot::simulate
