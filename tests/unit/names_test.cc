#include "parking_lot/names.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

using namespace parking_lot;

TEST_CASE("equal texts have one name and other texts another") {
  Names names;
  const NameId ann = names.intern("ann");
  CHECK(names.intern("ann") == ann);
  CHECK(names.intern("bob") != ann);
  CHECK(names.text(ann) == "ann");
  CHECK(names.size() == 2);
}

TEST_CASE("the empty text is no name and takes no hold") {
  Names names;
  CHECK_FALSE(names.intern(""));
  CHECK_FALSE(names.find(""));
  CHECK(names.text(NameId{}).empty());
  names.release(NameId{});
  CHECK(names.size() == 0);
}

TEST_CASE("a name lives until its last hold is given back") {
  Names names;
  const NameId ann = names.intern("ann");
  names.hold(ann);
  names.release(ann);
  CHECK(names.find("ann") == ann);
  names.release(ann);
  CHECK_FALSE(names.find("ann"));
  CHECK(names.size() == 0);
}

TEST_CASE("a view of a live name stays valid while others come and go") {
  Names names;
  const std::string_view text = names.text(names.intern("the one that stays"));
  const char* place = text.data();
  for (int i = 0; i < 10000; ++i) names.intern("passer-by " + std::to_string(i));
  CHECK(text.data() == place);
  CHECK(text == "the one that stays");
}

TEST_CASE("names that come and go do not let the table grow") {
  Names names;
  std::uint32_t highest = 0;
  for (int i = 0; i < 100000; ++i) {
    const NameId name = names.intern("task-" + std::to_string(i));
    highest = std::max(highest, name.index);
    names.release(name);
  }
  CHECK(highest == 1);
}

TEST_CASE("after any history of holds the names are those of a plain map") {
  CHECK(rc::check([] {
    Names names;
    std::map<std::string, std::uint32_t> holds;
    std::map<std::string, NameId> ids;
    const auto steps =
        *rc::gen::container<std::vector<std::uint16_t>>(600, rc::gen::arbitrary<std::uint16_t>());
    for (const std::uint16_t step : steps) {
      const std::string text = "n" + std::to_string(step % 97);
      if (step & 0x8000 && holds.contains(text)) {
        names.release(ids[text]);
        if (--holds[text] == 0) {
          holds.erase(text);
          ids.erase(text);
        }
      } else {
        const NameId name = names.intern(text);
        if (ids.contains(text)) RC_ASSERT(ids[text] == name);
        ids[text] = name;
        ++holds[text];
      }
    }
    RC_ASSERT(names.size() == holds.size());
    for (int i = 0; i < 97; ++i) {
      const std::string text = "n" + std::to_string(i);
      RC_ASSERT(names.find(text) == (ids.contains(text) ? ids[text] : NameId{}));
      if (ids.contains(text)) RC_ASSERT(names.text(ids[text]) == text);
    }
  }));
}

TEST_CASE("a mailbox key reads back as its three parts") {
  const auto parts_of = [](MailboxKey key) {
    const std::string text = encode_mailbox_key(key);
    const MailboxKey back = decode_mailbox_key(text);
    return std::vector<std::string>{std::string(back.tenant), std::string(back.user),
                                    std::string(back.session)};
  };
  CHECK(parts_of({"acme", "ann", "s1"}) == std::vector<std::string>{"acme", "ann", "s1"});
  CHECK(parts_of({"acme", "", "s1"}) == std::vector<std::string>{"acme", "", "s1"});
  CHECK(parts_of({"acme", "", ""}) == std::vector<std::string>{"acme", "", ""});
}

TEST_CASE("keys that differ only in where a part ends are different keys") {
  CHECK(encode_mailbox_key({"acme", "ann", ""}) != encode_mailbox_key({"acme", "", "ann"}));
  CHECK(encode_mailbox_key({"ac", "me", ""}) != encode_mailbox_key({"acme", "", ""}));
}

TEST_CASE("a name has 1 to 128 bytes and no control characters") {
  CHECK(is_valid_name("a"));
  CHECK(is_valid_name(std::string(128, 'x')));
  CHECK(is_valid_name("größe ✓"));
  CHECK_FALSE(is_valid_name(""));
  CHECK_FALSE(is_valid_name(std::string(129, 'x')));
  CHECK_FALSE(is_valid_name("two\nlines"));
  CHECK_FALSE(is_valid_name("unit\x1fseparator"));
  CHECK_FALSE(is_valid_name("\x7f"));
}
