#pragma once

#include <catch2/catch.hpp>
#include <vector>

#include "backend/file_journal/inspection.h"
#include "faulty_files.h"

namespace parking_lot::test {

/// Does what a repair has planned, to the end.
inline void mend(FaultyDisk& disk, const std::vector<RepairStep>& plan) {
  FaultyFiles files(disk);
  REQUIRE(files.lock());
  bool is_done = false;
  repair(files, plan, [&](const StoreResult<void>& done) {
    INFO((done ? "" : done.error().message));
    REQUIRE(done);
    is_done = true;
  });
  REQUIRE(is_done);
}

}  // namespace parking_lot::test
