#include "parking_lot/sha256.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sha256_blocks.h"

using namespace parking_lot;

namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::string hex(const Sha256Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string digest_of(std::string_view text) { return hex(sha256(bytes_of(text))); }

}  // namespace

TEST_CASE("SHA-256 gives the digests that NIST published") {
  // FIPS 180-4 examples, and SHA256ShortMsg of the Cryptographic Algorithm Validation Program.
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(digest_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlm"
                  "nopqrsmnopqrstnopqrstu") ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(digest_of(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(digest_of("\xd3") == "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
  CHECK(digest_of("\xb4\x19\x0e") == "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2");
}

TEST_CASE("SHA-256 does not depend on the pieces in which bytes come") {
  const std::vector<std::uint8_t> bytes(200, 'x');
  const std::span<const std::uint8_t> all(bytes);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const Sha256Digest whole = sha256(all.first(length));
    for (std::size_t cut = 0; cut <= length; ++cut) {
      Sha256 hash;
      REQUIRE(hash.add(all.first(cut)).add({}).add(all.subspan(cut, length - cut)).finish() == whole);
    }
  }
}

TEST_CASE("after its digest a SHA-256 starts anew") {
  Sha256 hash;
  const auto text = bytes_of("abc");
  const Sha256Digest first = hash.add(text).finish();
  CHECK(hash.add(text).finish() == first);
}

TEST_CASE("SHA-256 is the same with and without the help of the processor") {
  std::vector<std::uint8_t> bytes(64 * 9);
  std::uint32_t random = 1;
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>((random = random * 1664525 + 1013904223) >> 24);
  for (std::size_t blocks = 0; blocks <= 9; ++blocks) {
    Sha256State state = {1, 2, 3, 4, 0xffffffff, 6, 7, 0x80000000};
    Sha256State expected = state;
    sha256_blocks(state, bytes.data(), blocks);
    sha256_blocks_by_words(expected, bytes.data(), blocks);
    REQUIRE(state == expected);
  }
}
