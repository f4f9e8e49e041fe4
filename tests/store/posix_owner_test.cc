#include <unistd.h>

#include <catch2/catch.hpp>
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

}  // namespace

TEST_CASE("a folder that a live Node process owns is not locked, and the error names the process") {
  const Folder folder;
  folder.write(".owner.3", me);
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  const auto locked = files.lock();
  REQUIRE_FALSE(locked);
  CHECK(locked.error().fault == FileFault::locked);
  CHECK(locked.error().message.find("process " + std::to_string(::getpid()) + " (Node)") !=
        std::string::npos);
  folder.write(".owner.3", "released\n");
  CHECK(files.lock());
}

TEST_CASE("of several owners the one with the highest number counts") {
  const Folder folder;
  folder.write(".owner.9", me);
  folder.write(".owner.10", "released\n");
  CHECK_FALSE(node_owner_of(folder.path));
  folder.write(".owner.11", me);
  CHECK(node_owner_of(folder.path));
}

TEST_CASE("an owner is dead if its process is gone, started at another time, or ran before the last boot") {
  const Folder folder;
  folder.write(".owner.1", "pid 999999999\n");
  CHECK_FALSE(node_owner_of(folder.path));
  folder.write(".owner.1", me + "start 1\n");
  CHECK_FALSE(node_owner_of(folder.path));
  folder.write(".owner.1", me + "boot of-another-day\n");
  CHECK_FALSE(node_owner_of(folder.path));
  folder.write(".owner.1", me);
  CHECK(node_owner_of(folder.path));
}

TEST_CASE("owners' files are not files of the journal") {
  const Folder folder;
  folder.write(".owner.1", "released\n");
  folder.write("records-0000000001", "");
  PosixFiles files(folder.path, [](const std::function<void()>&) {});
  CHECK(files.list().value() == std::vector<std::string>{"records-0000000001"});
}
