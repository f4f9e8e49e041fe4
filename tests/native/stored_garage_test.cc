#include "parking_lot/native/stored_garage.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "native/temporary_folder.h"
#include "parking_lot/garage/json.h"

using namespace parking_lot;
using test::TemporaryFolder;

namespace {

Now present() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}, SteadyTime{0}};
}

garage::GarageConfig mall() {
  const auto parsed = garage::parse_garages(
      R"({"garages": {"mall": {"levels": {"P1": {"A-C": 12}}, "tariffs": {"standard": {"increment": {"length": "30m", "fee": 150}}}}}})",
      [](std::string_view) { return std::nullopt; });
  REQUIRE(parsed.ok());
  return parsed.garages.front();
}

std::unique_ptr<StoredGarage> opened(
    const TemporaryFolder& folder,
    StoredGarage::Options::Access access = StoredGarage::Options::Access::working) {
  auto stored = StoredGarage::open(mall(), {}, {.directory = folder.path("store"), .access = access});
  if (!stored) FAIL(stored.error().where << ": " << stored.error().message);
  return std::move(*stored);
}

/// The answer to a command as JSON.
std::string ask(StoredGarage& stored, Now now, const std::string& json) {
  const auto command = garage::parse_garage_command(json, stored.garage(), now.wall);
  if (!command) FAIL(command.error().where << ": " << command.error().message);
  const garage::Input input = command->input(1);
  std::string answer;
  const auto handled = stored.handle(now, std::span(&input, 1), [&](const garage::Reply& reply) {
    answer = garage::answer_json(stored.garage(), reply.answer);
  });
  REQUIRE(handled);
  return answer;
}

std::string text_of(const Garage& garage) {
  std::string text = garage::figures_json(garage);
  for (const garage::TicketView& ticket : garage.open_tickets())
    text += "\n" + garage::answer_json(garage, garage::TicketShown{&ticket});
  return text;
}

}  // namespace

TEST_CASE("what a stored garage has answered is there after it was opened again") {
  const TemporaryFolder folder;
  const Now now = present();
  {
    const auto stored = opened(folder);
    CHECK_THAT(ask(*stored, now, R"({"do": "enter", "plate": "B-1"})"), Catch::Contains("admitted"));
    CHECK_THAT(ask(*stored, now, R"({"do": "enter", "plate": "B-1"})"), Catch::Contains("already_parked"));
  }
  const auto stored = opened(folder);
  CHECK(stored->garage().figures().tickets_open == 1);
  const Now later{now.wall + Duration::seconds(3600), now.steady + Duration::seconds(3600)};
  CHECK_THAT(ask(*stored, later, R"({"do": "exit", "plate": "B-1"})"), Catch::Contains("payment_required"));
  CHECK_THAT(ask(*stored, later, R"({"do": "exit", "plate": "B-1", "paid_here": true})"),
             Catch::Contains(R"("paid_here":300)"));
}

TEST_CASE("a stored garage can be looked at while somebody works with it") {
  const TemporaryFolder folder;
  const auto working = opened(folder);
  ask(*working, present(), R"({"do": "enter", "plate": "B-1"})");
  const auto looking = opened(folder, StoredGarage::Options::Access::reading);
  CHECK(looking->garage().figures().tickets_open == 1);
  CHECK_FALSE(StoredGarage::open(mall(), {}, {.directory = folder.path("store")}));
}

TEST_CASE("a stored garage as of any of 1,000 past moments is what it was then") {
  const TemporaryFolder folder;
  std::mt19937_64 random(7);
  std::map<std::int64_t, std::string> states;
  Now now = present();
  {
    const auto stored = opened(folder);
    for (int i = 0; i < 1000; ++i) {
      now.wall = now.wall + Duration{60'000};
      now.steady = now.steady + Duration{60'000};
      const std::string plate = "B-" + std::to_string(random() % 50);
      ask(*stored, now,
          random() % 3 == 0 ? R"({"do": "exit", "paid_here": true, "plate": ")" + plate + "\"}"
                            : R"({"do": "enter", "plate": ")" + plate + "\"}");
      states[now.wall.ms] = text_of(stored->garage());
    }
  }
  REQUIRE(states.size() == 1000);
  for (const auto& [time, state] : states) {
    const auto then = StoredGarage::as_of(mall(), folder.path("store"), WallTime{time});
    REQUIRE(then);
    REQUIRE(text_of(*then) == state);
  }
  CHECK_FALSE(StoredGarage::as_of(mall(), folder.path("store"), WallTime{1'000}));
}

namespace {

bool is_told(const TemporaryFolder& folder, std::string_view text) {
  std::string events;
  REQUIRE(StoredGarage::read_history("mall", folder.path("store"), [&](auto records) {
    for (const garage::Record& record : records) events += garage::event_json("mall", record);
  }));
  return events.find(text) != std::string::npos;
}

void check_no_file_has(const TemporaryFolder& folder, const std::string& name) {
  for (const auto& file : std::filesystem::directory_iterator(folder.path("store"))) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    CHECK(bytes.find(name) == std::string::npos);
  }
}

}  // namespace

TEST_CASE("an erased plate is told by no file of the store, and the garage goes on as it was") {
  const TemporaryFolder folder;
  const auto told = [&](std::string_view text) { return is_told(folder, text); };
  const std::string erase = R"({"do": "erase", "plate": "B-AB 4711", "by": "ann", "reason": "asked for it"})";
  Now now = present();
  {
    const auto stored = opened(folder);
    for (int i = 0; i < 3; ++i) {
      ask(*stored, now, R"({"do": "enter", "plate": "B-AB 4711"})");
      CHECK_THAT(ask(*stored, now, erase), Catch::Contains(R"("code":"in_use")"));
      now.wall = now.wall + Duration::seconds(3600);
      ask(*stored, now, R"({"do": "exit", "plate": "B-AB 4711", "paid_here": true})");
      ask(*stored, now, R"({"do": "enter", "plate": "B-AB 4712"})");
    }
  }
  const auto stored = opened(folder);  // does not remember under which key the plate was sealed
  CHECK(told("B-AB 4711"));
  CHECK_THAT(ask(*stored, now, erase), Catch::Contains("done"));
  CHECK_FALSE(told("B-AB 4711"));
  CHECK(told("erased:v1"));
  CHECK(told("B-AB 4712"));
  check_no_file_has(folder, "B-AB 4711");
  CHECK(stored->garage().figures().paid == 900);
  CHECK_THAT(ask(*stored, now, R"({"do": "enter", "plate": "B-AB 4711"})"), Catch::Contains("admitted"));
  const auto then = StoredGarage::as_of(mall(), folder.path("store"), now.wall);
  REQUIRE(then);
  CHECK(then->figures().tickets_open == 2);
}

TEST_CASE("an erased operator is told by no file of the store, and what they did stays") {
  const TemporaryFolder folder;
  const std::string fix =
      R"({"do": "set_price", "plate": "B-1", "amount": 100, "by": "Roberta Example", "reason": "waited"})";
  const std::string erase =
      R"({"do": "erase", "operator": "Roberta Example", "by": "ann", "reason": "asked for it"})";
  Now now = present();
  {
    const auto stored = opened(folder);
    ask(*stored, now, R"({"do": "enter", "plate": "B-1"})");
    CHECK_THAT(ask(*stored, now, fix), Catch::Contains("done"));
  }
  const auto stored = opened(folder);
  CHECK(is_told(folder, "Roberta Example"));
  CHECK_THAT(ask(*stored, now, erase), Catch::Contains("done"));
  CHECK_FALSE(is_told(folder, "Roberta Example"));
  CHECK(is_told(folder, R"({"kind":"operator","id":"erased:)"));
  CHECK(is_told(folder, R"({"kind":"operator","id":"ann"})"));
  CHECK(is_told(folder, R"("detail":{"whose":"operator","reason":"asked for it"})"));
  check_no_file_has(folder, "Roberta Example");
  CHECK_THAT(ask(*stored, now, R"({"do": "exit", "plate": "B-1", "paid_here": true})"),
             Catch::Contains(R"("price":100)"));
}
