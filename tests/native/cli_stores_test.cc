#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

std::string config_with(const std::string& queue, const std::string& mailbox) {
  const json config{{"pools",
                     {{"cpu",
                       {{"max_units", 1},
                        {"queue", {{"type", "file"}, {"path", queue}}},
                        {"mailbox", {{"storage", {{"type", "file"}, {"path", mailbox}}}}}}}}}};
  return config.dump();
}

void run_one(const TemporaryFolder& folder, const std::string& config) {
  const std::string jobs = folder.write(
      "jobs", R"({"mailbox": {"tenant": "acme", "user": "ann"}, "payload": {"argv": ["/bin/true"]}})"
              "\n");
  StartedProgram program({"run", "--config", config, "--jobs", jobs});
  const int ended = program.wait();
  INFO(program.errors());
  REQUIRE(ended == 0);
}

std::vector<json> verified(const std::string& config, int code) {
  StartedProgram program({"audit", "verify", "-c", config, "--json"});
  const int ended = program.wait();
  INFO(program.errors());
  CHECK(ended == code);
  std::vector<json> lines;
  std::istringstream text(program.output());
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("audit verify: of a config all stores are looked at, each once") {
  const TemporaryFolder folder;
  const std::string apart = folder.write("apart.json", config_with("queue", "mail"));
  run_one(folder, apart);
  const std::vector<json> sound = verified(apart, 0);
  REQUIRE(sound.size() == 2);
  CHECK(sound[0]["store"] == folder.path("queue"));
  CHECK(sound[1]["store"] == folder.path("mail"));
  CHECK(sound[1]["ok"] == true);
  CHECK(verified(folder.write("one.json", config_with("queue", "queue")), 0).size() == 1);

  std::fstream bytes(folder.path("queue/records-0000000001"),
                     std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(200);
  bytes.put('!');
  bytes.close();
  const std::vector<json> broken = verified(apart, 3);
  REQUIRE(broken.size() == 2);
  CHECK(broken[0]["ok"] == false);
  CHECK(broken[1]["ok"] == true);
  StartedProgram told({"audit", "verify", "-c", apart});
  CHECK(told.wait() == 3);
  CHECK_THAT(told.output(), Catch::Contains(folder.path("queue") + ": broken at records-0000000001"));
}

TEST_CASE("audit verify: what names no store says what to name") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", R"({"pools": {"cpu": {"max_units": 1}}})");
  StartedProgram volatile_only({"audit", "verify", "-c", config});
  CHECK(volatile_only.wait() == 2);
  CHECK_THAT(volatile_only.errors(), Catch::Contains("keeps nothing in files; name a store with --store"));
  StartedProgram none({"audit", "verify"});
  CHECK(none.wait() == 2);
  CHECK_THAT(none.errors(), Catch::Contains("name a store with --store DIR, or the config"));
}

TEST_CASE("a file URL is the folder that it names, as in Node, and one that names none is refused") {
  const TemporaryFolder folder;
  const std::string spaced = folder.path("a b");
  std::string url = "file://localhost" + folder.path("") + "/./a%20b?x#y";
  run_one(folder, folder.write("c.json", config_with(url, "file:" + spaced)));
  CHECK(std::filesystem::exists(spaced + "/records-0000000001"));
  CHECK_FALSE(std::filesystem::exists(folder.path("file:")));

  const auto refusal = [&](const std::string& named) {
    StartedProgram check({"check", folder.write("bad.json", config_with("queue", named)), "--json"});
    CHECK(check.wait() == 2);
    const json issue = json::parse(check.output())["issues"][0];
    CHECK(issue["path"] == "pools.cpu.mailbox.storage.path");
    return issue["message"].get<std::string>();
  };
  CHECK_THAT(refusal("file://elsewhere/lot"),
             Catch::Contains("names no folder of this machine: 'elsewhere' is another host") &&
                 Catch::Contains("Give a path, or a URL like file:///var/lib/lot."));
  CHECK_THAT(refusal("file:///a%2Fb"), Catch::Contains("encoded /"));
  CHECK_THAT(refusal("file:///a%2"), Catch::Contains("without two hexadecimal digits"));
}
