#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "conformance/backend.h"

namespace parking_lot::conformance {

/// The names of all cases of this program.
std::vector<std::string>& case_names();

struct CaseName {
  explicit CaseName(const char* name) { case_names().push_back(name); }
};

}  // namespace parking_lot::conformance

/// One behaviour of cases.json, shown by every backend: a body with a `const Backend& backend` and a fresh
/// `const Place& place`.
#define CONFORMANCE_CASE(behaviour)                                                \
  static void behaviour(const Backend& backend, const Place& place);               \
  static const parking_lot::conformance::CaseName name_of_##behaviour{#behaviour}; \
  TEST_CASE(#behaviour) {                                                          \
    for (const Backend& backend : parking_lot::conformance::backends()) {          \
      DYNAMIC_SECTION(backend.name) { behaviour(backend, *backend.make_place()); } \
    }                                                                              \
  }                                                                                \
  static void behaviour([[maybe_unused]] const Backend& backend, const Place& place)
