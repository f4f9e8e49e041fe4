#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/posix_owner.h"
#include "posix_rig.h"
#include "sample.h"

using namespace parking_lot;
using test::commit;
using test::gpu;
using test::PoolSample;
using test::Queue;

namespace {

struct Folder {
  Folder() {
    path = (std::filesystem::temp_directory_path() / "parking-lot-owner-XXXXXX").string();
    REQUIRE(::mkdtemp(path.data()));
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
  }
  void delete_lock() const { std::filesystem::remove(path + "/lock"); }
  void replace_lock() const {
    write("fresh", "");
    std::filesystem::rename(path + "/fresh", path + "/lock");
  }
  std::string path;
};

using WayToLoseTheLock = void (Folder::*)() const;
constexpr std::array ways_to_lose_the_lock{&Folder::delete_lock, &Folder::replace_lock};

/// Whether another process holds a lock on the file.
bool is_locked(int number) {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  REQUIRE(::fcntl(number, F_OFD_GETLK, &whole) == 0);
  return whole.l_type != F_UNLCK;
}

const std::string me = "pid " + std::to_string(::getpid()) + "\n";

/// An owner's file of this process: it counts as long as the process has it open.
struct OwnerFile {
  OwnerFile(const Folder& folder, const std::string& name, const std::string& text)
      : path(folder.path + "/" + name), file(path) {
    file << text << std::flush;
  }
  void is_now(const std::string& text) const { std::ofstream(path) << text; }
  void is_silent_for(std::chrono::milliseconds time) const {
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - time);
  }
  std::string text() const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string path;
  std::ofstream file;
};

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string boot() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  return id;
}

}  // namespace

TEST_CASE("a folder that a live Node process owns is not locked, and the error names the process") {
  const Folder folder;
  const OwnerFile owner(folder, ".owner.3", me);
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  const auto locked = files.lock();
  REQUIRE_FALSE(locked);
  CHECK(locked.error().fault == FileFault::locked);
  CHECK(locked.error().message.find("process " + std::to_string(::getpid()) + " (Node)") !=
        std::string::npos);
  owner.is_now("released\n");
  CHECK(files.lock());
}

TEST_CASE("of several owners the one with the highest number counts") {
  const Folder folder;
  const OwnerFile ninth(folder, ".owner.9", me);
  const OwnerFile tenth(folder, ".owner.10", "released\n");
  CHECK_FALSE(take_from_node(folder.path, now_ms()));
  const OwnerFile eleventh(folder, ".owner.11", me);
  CHECK(take_from_node(folder.path, now_ms()));
}

TEST_CASE("an owner is dead if its process is gone, started at another time, or ran before the last boot") {
  const Folder folder;
  const OwnerFile owner(folder, ".owner.1", me);
  CHECK(take_from_node(folder.path, now_ms()));
  for (const std::string& dead :
       {std::string("pid 999999999\n"), me + "start 1\n", me + "boot of-another-day\n"}) {
    owner.is_now(dead);
    CHECK_FALSE(take_from_node(folder.path, now_ms()));
  }
}

TEST_CASE("an owner is dead if its process does not have the file open: a copy, or a thread that ended") {
  const Folder folder;
  folder.write(".owner.1", me);
  CHECK_FALSE(take_from_node(folder.path, now_ms()));
}

TEST_CASE("an owner in another container, or on another machine, is alive as long as it shows itself") {
  const Folder folder;
  const std::string elsewhere = GENERATE(as<std::string>(), "boot " + boot() + "\nns pid:[1]\n",
                                         "boot of-another-machine\nns pid:[4026531836]\n");
  const OwnerFile owner(folder, ".owner.1", "pid 7\n" + elsewhere);
  owner.is_silent_for(std::chrono::seconds(8));
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  const auto locked = files.lock();
  REQUIRE_FALSE(locked);
  CHECK(locked.error().message.find(
            "process 7 (Node) in another container or on another machine, last seen 8.") !=
        std::string::npos);
  owner.is_silent_for(std::chrono::milliseconds(10'100));
  CHECK(files.lock());
}

TEST_CASE("a folder is taken from an owner that is gone, so that one which only stood still sees it") {
  const Folder folder;
  const OwnerFile owner(folder, ".owner.1", "pid 7\nboot b\nns n\n");
  REQUIRE(take_from_node(folder.path, now_ms()));
  CHECK(owner.text() == "pid 7\nboot b\nns n\n");
  owner.is_silent_for(std::chrono::minutes(1));
  REQUIRE_FALSE(take_from_node(folder.path, now_ms()));
  CHECK(owner.text().empty());
}

TEST_CASE("copies and drafts of an owner's file do not keep anybody out") {
  const Folder folder;
  for (const char* name : {".owner.07", ".owner.-1", ".owner.7.tmp", ".owner.", ".owner.draft.a"})
    folder.write(name, me);
  CHECK_FALSE(node_owner(folder.path, now_ms()));
  CHECK_FALSE(take_from_node(folder.path, now_ms()));
}

TEST_CASE("owners' files are not files of the journal") {
  const Folder folder;
  folder.write(".owner.1", "released\n");
  folder.write("records-0000000001", "");
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  CHECK(files.list().value() == std::vector<std::string>{"records-0000000001"});
}

TEST_CASE("processes that are refused because of a Node owner do not take the lock that it looks for") {
  const Folder folder;
  const OwnerFile owner(folder, ".owner.1", me);
  folder.write("lock", "process 7 on host\n");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (int i = 0; i < 500; ++i) {
      PosixFiles files(folder.path, [](const std::function<void()>&) {});
      if (files.lock()) ::_exit(1);
    }
    ::_exit(0);
  }
  const int lock = ::open((folder.path + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(lock >= 0);
  int times_locked = 0;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) times_locked += is_locked(lock) ? 1 : 0;
  ::close(lock);
  CHECK(status == 0);
  CHECK(times_locked == 0);
  std::ifstream in(folder.path + "/lock");
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "process 7 on host\n");
}

TEST_CASE("an owner whose lock file is deleted or replaced leaves the store to the next one, and says so") {
  for (const WayToLoseTheLock lose : ways_to_lose_the_lock) {
    const Folder folder;
    int start[2];
    int opened[2];
    REQUIRE(::pipe(start) == 0);
    REQUIRE(::pipe(opened) == 0);
    const pid_t next = ::fork();
    REQUIRE(next >= 0);
    char sign = 'x';
    if (next == 0) {
      ::close(start[1]);
      if (::read(start[0], &sign, 1) != 1) ::_exit(1);
      Queue queue;
      PosixFiles files(folder.path, queue.poster());
      auto store = FileStore::open(files, {});
      if (!store || ::write(opened[1], &sign, 1) != 1) ::_exit(2);
      if (::read(start[0], &sign, 1) != 1) ::_exit(3);
      const StreamNumber stream = store->stream(gpu).value();
      if (!store->append(stream, PoolSample(store->durable(stream) + 1, 2))) ::_exit(4);
      commit(*store, queue);
      ::_exit(0);
    }
    {
      Queue queue;
      PosixFiles files(folder.path, queue.poster());
      auto store = FileStore::open(files, {});
      REQUIRE(store);
      const StreamNumber stream = store->stream(gpu).value();
      REQUIRE(store->append(stream, PoolSample(1, 3)));
      commit(*store, queue);
      (folder.*lose)();
      REQUIRE(::write(start[1], &sign, 1) == 1);
      REQUIRE(::read(opened[0], &sign, 1) == 1);
      std::optional<StoreError> failure;
      REQUIRE(store->append(stream, PoolSample(4, 1)));
      store->commit([&](const CommitOutcome& how) {
        if (how.failure != nullptr) failure = *how.failure;
      });
      REQUIRE(failure);
      CHECK(failure->fault == StoreFault::fenced);
      CHECK_THAT(failure->message, Catch::StartsWith("lock: was deleted or replaced"));
    }
    REQUIRE(::write(start[1], &sign, 1) == 1);
    int status = 0;
    REQUIRE(::waitpid(next, &status, 0) == next);
    CHECK(status == 0);
    for (const int end : {start[0], start[1], opened[0], opened[1]}) ::close(end);
    Queue queue;
    PosixFiles files(folder.path, queue.poster());
    auto store = FileStore::open(files, {});
    REQUIRE(store);
    CHECK(store->durable(store->stream(gpu).value()) == 5);
  }
}

TEST_CASE("what was synced while the lock file was deleted is not said to be durable") {
  for (const SyncMode mode : {SyncMode::strict, SyncMode::relaxed}) {
    const Folder folder;
    Queue queue;
    PosixFiles files(folder.path, queue.poster());
    REQUIRE(files.lock());
    REQUIRE(files.create("a"));
    REQUIRE(files.write_at("a", 0, "x"));
    std::optional<FileResult<void>> synced;
    files.sync(std::vector<std::string>{"a"}, mode, [&](const FileResult<void>& how) { synced = how; });
    folder.delete_lock();
    queue.run_one();
    REQUIRE(synced);
    REQUIRE_FALSE(*synced);
    CHECK(synced->error().fault == FileFault::fenced);
    CHECK(files.write_at("a", 1, "y").error().fault == FileFault::fenced);
    folder.write("lock", "");
    CHECK(files.create("b").error().fault == FileFault::fenced);
  }
}

TEST_CASE("an owner whose folder is moved with its lock goes on writing") {
  const Folder folder;
  const std::string away = folder.path + ".away";
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  REQUIRE(files.lock());
  REQUIRE(files.create("a"));
  std::filesystem::rename(folder.path, away);
  CHECK(files.write_at("a", 0, "x"));
  std::filesystem::rename(away, folder.path);
}
