#include <emscripten/emscripten.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "simulate/what_if.h"

/// The simulator as a module of its own: texts in UTF-8 in memory that the caller has from `malloc`.
namespace {

std::string answer;

}  // namespace

extern "C" {

/// Runs `what_if`; `pl_answer` and `pl_answer_bytes` tell where its answer lies until the next call.
EMSCRIPTEN_KEEPALIVE void pl_what_if(const char* request, std::size_t request_bytes, const char* trace,
                                     std::size_t trace_bytes) {
  answer = parking_lot::simulate::what_if(std::string_view(request, request_bytes),
                                          std::string_view(trace, trace_bytes));
}

EMSCRIPTEN_KEEPALIVE const char* pl_answer() { return answer.data(); }
EMSCRIPTEN_KEEPALIVE std::size_t pl_answer_bytes() { return answer.size(); }

}  // extern "C"
