#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"

namespace parking_lot::test {

/// A directory with one store, written by one hand.
struct WrittenStore {
  explicit WrittenStore(const std::string& directory, Duration retention = Duration{0})
      : files(directory, [this](std::function<void()> call) { boost::asio::post(io, std::move(call)); }),
        store(*FileStore::open(files,
                               {.entropy = {3, 4}, .segment_bytes = 4096, .audit_retention = retention})),
        stream(*store.stream({StreamKind::pool, "gpu"})) {}

  void commit() {
    bool is_done = false;
    store.commit([&](const CommitOutcome& outcome) {
      REQUIRE(outcome.failure == nullptr);
      is_done = true;
    });
    const auto work = boost::asio::make_work_guard(io);
    io.restart();
    while (!is_done) io.run_one();
  }

  boost::asio::io_context io{1};
  PosixFiles files;
  FileStore store;
  StreamNumber stream;
};

}  // namespace parking_lot::test
