#include "parking_lot/chacha20_poly1305.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "parking_lot/sha256.h"

using namespace parking_lot;

namespace {

using Octets = std::vector<std::uint8_t>;

template <class Bytes>
std::string hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Octets sealed_of(const SealKey& key, const SealNonce& nonce, const Octets& text, const Octets& beside = {}) {
  Octets sealed(text.size() + seal_tag_bytes);
  seal(key, nonce, text, sealed, beside);
  return sealed;
}

}  // namespace

TEST_CASE("The example of RFC 8439 in section 2.8.2 is sealed as it says and opened again") {
  SealKey key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(0x80 + i);
  const SealNonce nonce{0x07, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47};
  const Octets beside{0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7};
  const std::string words =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
      "would be it.";
  const Octets text(words.begin(), words.end());
  const Octets sealed = sealed_of(key, nonce, text, beside);
  CHECK(hex(sealed) ==
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71"
        "de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def0"
        "8e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
  Octets opened(text.size());
  REQUIRE(unseal(key, nonce, sealed, opened, beside));
  CHECK(opened == text);
  CHECK_FALSE(unseal(key, nonce, sealed, opened));
}

TEST_CASE("Texts of 0 to 199 bytes are sealed as another implementation does") {
  Sha256 all;
  for (std::size_t length = 0; length < 200; ++length) {
    Octets text(length);
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<std::uint8_t>(i * 7 + length);
    SealKey key;
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i * 11 + length * 3 + 1);
    const Octets sealed = sealed_of(key, {}, text);
    all.add(sealed);
    Octets opened(length);
    REQUIRE(unseal(key, {}, sealed, opened));
    REQUIRE(opened == text);
  }
  CHECK(hex(all.finish()) == "5aaef898c0a3e1eeb0afe15acdb64ba201bab0e568a0dbf9ea84423e41160ba6");
}

TEST_CASE("Sums of Poly1305 that reach its prime are reduced") {
  SealKey key;
  key.fill(255);
  SealNonce nonce;
  nonce.fill(255);
  CHECK(hex(sealed_of(key, nonce, Octets(64, 255))) ==
        "22d8bfc313e141bd692c82cec7785b295f8ddae08dbbc49a2deb545ef8a39534d8c0bdab2521070568ade0405d54eebcfecd"
        "35122cb5133d931f64722e053522a4db775fc19e8f754cdd4aee0e68c673");
}

TEST_CASE("No sealed byte can be changed unseen") {
  SealKey key{1, 2, 3};
  const Octets text{'B', '-', 'A', 'B', ' ', '1'};
  Octets sealed = sealed_of(key, {}, text);
  Octets opened(text.size(), 'x');
  for (std::uint8_t& byte : sealed) {
    byte ^= 4;
    CHECK_FALSE(unseal(key, {}, sealed, opened));
    byte ^= 4;
  }
  CHECK(opened == Octets(text.size(), 'x'));
  key[31] = 1;
  CHECK_FALSE(unseal(key, {}, sealed, opened));
  CHECK_FALSE(unseal(key, {}, std::span(sealed).first(15), std::span(opened).first(0)));
}
