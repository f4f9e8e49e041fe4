#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/posix_owner.h"

using namespace parking_lot;

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
  std::string path;
};

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

TEST_CASE("owners' files are not files of the journal") {
  const Folder folder;
  folder.write(".owner.1", "released\n");
  folder.write("records-0000000001", "");
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  CHECK(files.list().value() == std::vector<std::string>{"records-0000000001"});
}
