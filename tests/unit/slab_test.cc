#include "slab.h"

#include <catch2/catch.hpp>

using namespace parking_lot;

TEST_CASE("objects of a slab stay where they are while it grows") {
  Slab<int> slab;
  int* first = &slab[slab.allocate()];
  *first = 42;
  for (int i = 0; i < 10000; ++i) slab.allocate();
  CHECK(&slab[0] == first);
  CHECK(slab[0] == 42);
  CHECK(slab.end() == 10001);
}

TEST_CASE("freed slots are used again, last freed first, before the slab grows") {
  Slab<int> slab;
  for (int i = 0; i < 3; ++i) slab.allocate();
  slab.free(0);
  slab.free(2);
  CHECK(slab.allocate() == 2);
  CHECK(slab.allocate() == 0);
  CHECK(slab.allocate() == 3);
}

TEST_CASE("memory does not grow while slots come and go") {
  Slab<int> slab;
  const std::uint32_t slot = slab.allocate();
  slab.free(slot);
  const std::size_t bytes = slab.memory_bytes();
  for (int i = 0; i < 1000; ++i) slab.free(slab.allocate());
  CHECK(slab.memory_bytes() == bytes);
}
