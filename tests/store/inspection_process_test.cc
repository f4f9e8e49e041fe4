#include <sys/wait.h>
#include <unistd.h>

#include "backend/file_journal/inspection.h"
#include "posix_rig.h"
#include "sample.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

constexpr std::uint64_t commits_in_all = 1500;

/// Tasks with payloads that live for a few commits, and checkpoints that let their files go.
void own_and_forget(const std::string& folder) {
  Queue queue;
  PosixFiles files(folder, queue.poster());
  StoreOptions options = tiny_segments();
  options.audit_retention = Duration{100};
  auto store = FileStore::open(files, options);
  if (!store) ::_exit(2);
  const StreamNumber stream = store->stream(gpu).value();
  const auto commit = [&] {
    std::optional<bool> outcome;
    store->commit([&](const CommitOutcome& how) { outcome = how.failure == nullptr; });
    while (!outcome) queue.run_one();
    if (!*outcome) ::_exit(6);
  };
  commit();  // as every host does before it has payloads
  for (std::uint64_t number = 1; number <= commits_in_all; ++number) {
    if (!store->append(stream, PoolSample(number, 1))) ::_exit(3);
    if (!store->put(number, std::string(300, 'p'))) ::_exit(4);
    if (number > 4) store->release(number - 4);
    if (number % 16 == 0) {
      const Record state[] = {{number, WallTime{5}, PoolRestored{}}};
      if (!store->begin_checkpoint(stream) || !store->add_to_checkpoint(stream, state) ||
          !store->end_checkpoint(stream))
        ::_exit(5);
      store->trim(time_of(number));
    }
    commit();
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("Beside a process that owns, writes and empties a sound store, verify finds nothing wrong") {
  const Folder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) own_and_forget(folder.path());
  Queue queue;
  PosixFiles files(folder.path(), queue.poster());
  int looks = 0;
  for (bool has_ended = false; !has_ended;) {
    int status = 0;
    has_ended = ::waitpid(child, &status, WNOHANG) == child;
    if (has_ended) REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    if (looks == 0 && !std::filesystem::exists(folder.path() + "/records-0000000001")) continue;
    const auto inspection = verify(files);
    INFO((inspection ? "" : inspection.error().file + ": " + inspection.error().message));
    REQUIRE(inspection);
    for (const Damage& damage : inspection->damages)
      FAIL_CHECK(damage.file << " at byte " << damage.offset << ": " << damage.message);
    ++looks;
  }
  CHECK(looks > 20);
}
