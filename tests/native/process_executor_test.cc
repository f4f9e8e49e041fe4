#include <signal.h>

#include <catch2/catch.hpp>

#include "running_host.h"
#include "temporary_folder.h"

using namespace parking_lot;
using namespace parking_lot::test;
using nlohmann::json;

namespace {
const std::string one_pool = R"({"pools": {"pool": {"max_units": 4, "kill_grace_secs": 1}}})";
}

TEST_CASE("a process that exits with 0 completes with its output") {
  RunningHost host(one_pool);
  const Outcome outcome = host.outcome_of(command({"echo", "héllo"}));
  CHECK(outcome.status == Status::completed);
  CHECK(outcome.attempt == 1);
  CHECK(outcome.finished_at >= outcome.started_at);
  CHECK(outcome.started_at.ms > 0);
  CHECK(result_of(outcome) == json{{"exit_code", 0}, {"stdout", "héllo\n"}, {"stderr_tail", ""}});
}

TEST_CASE("another exit code fails the task and keeps what it wrote") {
  RunningHost host(one_pool);
  const Outcome outcome = host.outcome_of(shell("echo out; echo err >&2; exit 3"));
  CHECK(outcome.status == Status::failed);
  CHECK(outcome.reason == Reason::task_failed);
  CHECK(result_of(outcome) == json{{"exit_code", 3}, {"stdout", "out\n"}, {"stderr_tail", "err\n"}});
}

TEST_CASE("a signal is named and gives the exit code of shells") {
  RunningHost host(one_pool);
  const json result = result_of(host.outcome_of(shell("kill -SEGV $$")));
  CHECK(result["signal"] == "SIGSEGV");
  CHECK(result["exit_code"] == 128 + SIGSEGV);
}

TEST_CASE("standard input, environment and working directory come from the payload") {
  const TemporaryFolder folder;
  RunningHost host(one_pool);
  ParsedTask task = command({"sh", "-c", "cat; echo $COLOUR; pwd"},
                            {{"stdin", "in\n"}, {"env", {{"COLOUR", "red"}}}, {"cwd", folder.path("")}});
  const std::string output = result_of(host.outcome_of(std::move(task)))["stdout"];
  CHECK(output == "in\nred\n" + folder.path("").substr(0, folder.path("").size() - 1) + "\n");
}

TEST_CASE("input that is never read breaks nothing, and input larger than a pipe arrives whole") {
  RunningHost host(R"({"pools": {"pool": {"max_units": 4, "max_payload_bytes": 4000000}}})");
  const std::string large(1'000'000, 'x');
  CHECK(host.outcome_of(command({"true"}, {{"stdin", large}})).status == Status::completed);
  CHECK(result_of(host.outcome_of(command({"wc", "-c"}, {{"stdin", large}})))["stdout"] == "1000000\n");
}

TEST_CASE("a process finds its task, units and attempt in the environment") {
  RunningHost host(one_pool);
  ParsedTask task = shell("echo $PARKING_LOT_TASK_ID $PARKING_LOT_UNITS $PARKING_LOT_ATTEMPT");
  task.task_id = "job-7";
  task.units = 3;
  CHECK(result_of(host.outcome_of(std::move(task)))["stdout"] == "job-7 3 1\n");
}

TEST_CASE("a failed attempt is repeated as often as the task allows") {
  RunningHost host(one_pool);
  ParsedTask task = shell("test $PARKING_LOT_ATTEMPT = 3");
  task.retry = {.max_attempts = 3, .initial = {1}, .max = {1}};
  const Outcome outcome = host.outcome_of(std::move(task));
  CHECK(outcome.status == Status::completed);
  CHECK(outcome.attempt == 3);
}

TEST_CASE("a command that cannot be started fails for good, with a sentence") {
  RunningHost host(one_pool);
  const auto [payload, text] = GENERATE(table<std::string, std::string>({
      {R"({"argv": ["no-such-program-here"]})",
       "Cannot start 'no-such-program-here': No such file or directory."},
      {R"({"argv": ["/etc"]})", "Cannot start '/etc': Permission denied."},
      {R"({"argv": ["true"], "cwd": "/no/such/folder"})",
       "Cannot enter payload.cwd '/no/such/folder': No such file or directory."},
      {R"({"argv": []})", "payload.argv must be a list of strings"},
      {R"({"argv": ["echo", 1]})", "payload.argv[1] must be a string"},
      {R"({"argv": ["true"], "stdn": ""})", "payload.stdn is unknown"},
      {R"({"argv": ["true"], "env": {"A": 1}})", "payload.env.A must be a string"},
      {R"([])", "payload must be an object with argv"},
      {"", "payload must be an object with argv"},
  }));
  ParsedTask task;
  task.pool = "pool";
  task.payload = payload;
  const Outcome outcome = host.outcome_of(std::move(task));
  CHECK(outcome.status == Status::failed);
  CHECK(outcome.reason == Reason::task_failed);
  CHECK(outcome.attempt == 1);
  CHECK_THAT(result_of(outcome)["error"].get<std::string>(), Catch::StartsWith(text));
}

TEST_CASE("only listed programs start where the pool has a list") {
  RunningHost host(
      R"({"pools": {"pool": {"max_units": 4, "executor": {"type": "process", "commands": ["echo"]}}}})");
  CHECK(host.outcome_of(command({"echo"})).status == Status::completed);
  CHECK_THAT(result_of(host.outcome_of(command({"cat"})))["error"].get<std::string>(),
             Catch::Contains("executor.commands"));
}

TEST_CASE("output beyond the limit is cut at a whole character and marked") {
  RunningHost host(R"({"pools": {"pool": {"max_units": 4, "max_output_bytes": 1024}}})");
  const json result = result_of(host.outcome_of(shell("printf a; for i in $(seq 1000); do printf é; done")));
  CHECK(result["truncated"] == true);
  CHECK(result["stdout"].get<std::string>().size() == 1023);
}

TEST_CASE("a process that writes far beyond the limit ends all the same") {
  RunningHost host(R"({"pools": {"pool": {"max_units": 4, "max_output_bytes": 1024}}})");
  const Outcome outcome =
      host.outcome_of(shell("head -c 5000000 /dev/zero | tr '\\0' x; head -c 5000000 /dev/zero >&2"));
  CHECK(outcome.status == Status::completed);
  CHECK(result_of(outcome)["stdout"].get<std::string>().size() == 1024);
}

TEST_CASE("output that is not UTF-8 comes as base64") {
  RunningHost host(one_pool);
  const json result = result_of(host.outcome_of(command({"printf", "\\377\\000A"})));
  CHECK(result["stdout_base64"] == "/wBB");
  CHECK_FALSE(result.contains("stdout"));
}

TEST_CASE("of the errors the end is kept") {
  RunningHost host(one_pool);
  const json result = result_of(host.outcome_of(shell("seq 100000 >&2")));
  const std::string tail = result["stderr_tail"];
  CHECK(tail.size() <= 8192);
  CHECK_THAT(tail, Catch::EndsWith("99999\n100000\n"));
}

TEST_CASE("reports on descriptor 3 change the units in use and reach the watchers") {
  std::promise<std::string> progress;
  RunningHost host(one_pool, [&](Host& opened) {
    REQUIRE(opened.run_processes("pool"));
    opened.on_event([&](const TaskEvent& event) {
      if (event.kind == TaskEvent::Kind::progressed) progress.set_value(std::string(event.progress));
    });
  });
  const TemporaryFolder folder;
  auto ticket = host->submit(
      shell("echo nonsense >&3; echo '{\"usage\": 3}' >&3; echo '{\"progress\": {\"at\": 0.5}}' >&3; "
            "until test -e " +
            folder.path("go") + "; do sleep 0.01; done"));
  CHECK(get(progress.get_future()) == R"({"at":0.5})");
  CHECK(eventually([&] { return host.on_loop([](Host& h) { return h.stats("pool")->units_in_use; }) == 3; }));
  folder.write("go", "");
  CHECK(get(std::move(ticket.outcome)).status == Status::completed);
  CHECK(host.on_loop([](Host& h) { return h.stats("pool")->units_in_use; }) == 0);
}

TEST_CASE("a timeout ends a process that obeys SIGTERM without waiting for the grace") {
  RunningHost host(R"({"pools": {"pool": {"max_units": 1, "kill_grace_secs": 3600}}})");
  ParsedTask task = command({"sleep", "1000"});
  task.timeout = {50};
  const Outcome outcome = host.outcome_of(std::move(task));
  CHECK(outcome.status == Status::expired);
  CHECK(outcome.reason == Reason::timed_out);
  CHECK(host.outcome_of(command({"true"})).status == Status::completed);  // its unit is free again
}

TEST_CASE("a timeout kills a whole group that ignores SIGTERM once the grace is over") {
  const TemporaryFolder folder;
  RunningHost host(one_pool);
  ParsedTask task = shell("trap '' TERM; sleep 1000 & echo $! > " + folder.path("child") + "; echo $$ > " +
                          folder.path("leader") + "; wait; wait");
  task.units = 4;
  task.timeout = {100};
  auto ticket = host->submit(std::move(task));
  CHECK(get(std::move(ticket.outcome)).reason == Reason::timed_out);
  CHECK(host.outcome_of(shell("true")).status == Status::completed);  // starts when the units are free
  for (const char* name : {"leader", "child"}) {
    const pid_t process = std::stoi(folder.read(name));
    CHECK(eventually([&] { return !is_alive(process); }));
  }
}

TEST_CASE("what a process leaves behind in its group ends with it") {
  RunningHost host(one_pool);
  const json result = result_of(host.outcome_of(shell("sleep 1000 & echo $!")));
  const pid_t left_behind = std::stoi(result["stdout"].get<std::string>());
  CHECK(eventually([&] { return !is_alive(left_behind); }));
}

TEST_CASE("a cancelled process is stopped") {
  RunningHost host(one_pool);
  ParsedTask task = command({"sleep", "1000"});
  task.task_id = "long";
  auto ticket = host->submit(std::move(task));
  REQUIRE(get(std::move(ticket.receipt))->status == Status::running);
  host->cancel("pool", "long");
  const Outcome outcome = get(std::move(ticket.outcome));
  CHECK(outcome.status == Status::dropped);
  CHECK(outcome.reason == Reason::cancelled);
  CHECK(eventually([&] { return host.on_loop([](Host& h) { return h.stats("pool")->units_in_use; }) == 0; }));
}

TEST_CASE("no descriptor of the host leaks into a process or stays open after it") {
  RunningHost host(one_pool);
  const auto open_here = [&] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  // ls itself opens the folder, as the fifth.
  CHECK(result_of(host.outcome_of(command({"ls", "/proc/self/fd"})))["stdout"] == "0\n1\n2\n3\n4\n");
  const auto before = open_here();
  for (int i = 0; i < 20; ++i) host.outcome_of(command({"true"}));
  CHECK(open_here() == before);
}

TEST_CASE("closing the host ends its processes and answers who waits") {
  pid_t process = 0;
  std::future<Outcome> outcome;
  {
    RunningHost host(one_pool);
    const TemporaryFolder folder;
    outcome = host->submit(shell("trap '' TERM; echo $$ > " + folder.path("pid") + "; sleep 1000")).outcome;
    REQUIRE(eventually([&] { return !folder.read("pid").empty(); }));
    process = std::stoi(folder.read("pid"));
  }
  CHECK_FALSE(is_alive(process));
  CHECK(get(std::move(outcome)).reason == Reason::shut_down);
}
