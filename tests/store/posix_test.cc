#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "posix_rig.h"
#include "sample.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

std::size_t count(FileStore& store, const StreamKey& key) {
  auto reader = store.load_pool(store.stream(key).value());
  REQUIRE(reader);
  std::size_t sum = 0;
  for (;;) {
    const auto records = reader->next();
    REQUIRE(records);
    if (records->empty()) return sum;
    sum += records->size();
  }
}

}  // namespace

TEST_CASE("A store in a folder keeps what was committed, for its owner's eyes only") {
  const Folder folder;
  Queue queue;
  {
    PosixFiles files(folder.path(), queue.poster());
    auto store = FileStore::open(files, {});
    REQUIRE(store);
    const StreamNumber stream = store->stream(gpu).value();
    REQUIRE(store->append(stream, PoolSample(1, 10)));
    REQUIRE(store->put(5, "secret"));
    commit(*store, queue);
    REQUIRE(store->append(stream, PoolSample(11, 10)));
    commit(*store, queue);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    INFO(entry.path());
    struct stat status = {};
    REQUIRE(::stat(entry.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  struct stat status = {};
  REQUIRE(::stat(folder.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  PosixFiles files(folder.path(), queue.poster());
  auto store = FileStore::open(files, {});
  REQUIRE(store);
  CHECK(count(*store, gpu) == 20);
  std::string bytes;
  REQUIRE(store->read_payload(5, bytes));
  CHECK(bytes == "secret");
}

TEST_CASE("A second owner is told who holds the store, and a reader may look at it meanwhile") {
  const Folder folder;
  Queue queue;
  PosixFiles files(folder.path(), queue.poster());
  auto store = FileStore::open(files, {});
  REQUIRE(store);
  REQUIRE(store->append(store->stream(gpu).value(), PoolSample(1, 3)));
  commit(*store, queue);

  PosixFiles second(folder.path(), queue.poster());
  const auto refused = FileStore::open(second, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == StoreFault::locked);
  CHECK_THAT(refused.error().message, Catch::Contains("process " + std::to_string(::getpid()) + " on "));

  PosixFiles third(folder.path(), queue.poster());
  auto reader = FileStore::open_read_only(third);
  REQUIRE(reader);
  CHECK(count(*reader, gpu) == 3);
  CHECK(reader->append(reader->stream(gpu).value(), PoolSample(4, 1)).error().fault == StoreFault::read_only);
  CHECK(reader->stream(cpu).error().fault == StoreFault::not_found);
}

TEST_CASE("There is no store to look at where there is no folder") {
  const Folder folder;
  Queue queue;
  PosixFiles files(folder.path(), queue.poster());
  const auto store = FileStore::open_read_only(files);
  REQUIRE_FALSE(store);
  CHECK(store.error().fault == StoreFault::not_found);
  CHECK_FALSE(std::filesystem::exists(folder.path()));
}

TEST_CASE("A holder killed with -9 leaves no lock behind, and nothing that it had confirmed is lost") {
  const Folder folder;
  for (int cycle = 0; cycle < 5; ++cycle) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Queue queue;
      PosixFiles files(folder.path(), queue.poster());
      StoreOptions options;
      options.segment_bytes = 8192;
      auto store = FileStore::open(files, options);
      if (!store) ::_exit(2);
      const StreamNumber stream = store->stream(gpu).value();
      for (std::uint64_t next = store->durable(stream) + 1;; ++next) {
        if (!store->append(stream, PoolSample(next, 1))) ::_exit(3);
        bool ended = false;
        store->commit([&](const CommitOutcome& how) { ended = how.failure == nullptr; });
        while (!ended) queue.run_one();
        if (::write(ends[1], &next, sizeof next) != sizeof next) ::_exit(4);
      }
    }
    ::close(ends[1]);
    std::uint64_t confirmed = 0;
    std::uint64_t number = 0;
    for (int i = 0; i < 40 + 13 * cycle && ::read(ends[0], &number, sizeof number) == sizeof number; ++i) {
      confirmed = number;
    }
    ::kill(child, SIGKILL);
    while (::read(ends[0], &number, sizeof number) == sizeof number) confirmed = number;
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    Queue queue;
    PosixFiles files(folder.path(), queue.poster());
    auto store = FileStore::open(files, {});
    INFO((store ? "" : store.error().message));
    REQUIRE(store);
    const std::uint64_t durable = store->durable(store->stream(gpu).value());
    CHECK(confirmed > 0);
    CHECK(durable >= confirmed);
    CHECK(durable <= confirmed + 1);
    CHECK(count(*store, gpu) == durable);
  }
}

TEST_CASE("Files refuse changes by those who do not own them") {
  const Folder folder;
  Queue queue;
  PosixFiles owner(folder.path(), queue.poster());
  REQUIRE(owner.lock());
  REQUIRE(owner.create("a"));
  CHECK(owner.create("a").error().fault == FileFault::exists);
  PosixFiles reader(folder.path(), queue.poster());
  CHECK(reader.create("b").error().fault == FileFault::denied);
  CHECK(reader.write_at("a", 0, "x").error().fault == FileFault::denied);
  CHECK(reader.remove("a").error().fault == FileFault::denied);
  CHECK(reader.size("b").error().fault == FileFault::not_found);
}
