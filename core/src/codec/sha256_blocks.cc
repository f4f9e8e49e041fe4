#include "codec/sha256_blocks.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define PARKING_LOT_SHA256_INSTRUCTIONS
#endif

namespace parking_lot {

#ifdef PARKING_LOT_SHA256_INSTRUCTIONS
namespace {

bool has_instructions() {
  // The compiler's own question (`__builtin_cpu_supports`) does not know these by name everywhere.
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("sse4.1") != 0 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (b & bit_SHA) != 0;
}

/// Four rounds at a time (Gulley et al., Intel SHA Extensions, 2013). The instructions want the state as the
/// words A, B, E, F and C, D, G, H, the highest first.
__attribute__((target("sha,sse4.1"))) void sha256_blocks_by_instruction(Sha256State& state,
                                                                        const std::uint8_t* bytes,
                                                                        std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const auto* const constants = reinterpret_cast<const __m128i*>(sha256_constants.data());
  auto* const words = reinterpret_cast<__m128i*>(state.data());
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  for (; blocks > 0; --blocks, bytes += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i schedule[4];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      __m128i& four = schedule[i % 4];
      if (i < 4) {
        four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
        four = _mm_shuffle_epi8(four, big_endian);
      } else {
        const __m128i newest = schedule[(i + 3) % 4];
        four = _mm_sha256msg1_epu32(four, schedule[(i + 1) % 4]);
        four = _mm_add_epi32(four, _mm_alignr_epi8(newest, schedule[(i + 2) % 4], 4));
        four = _mm_sha256msg2_epu32(four, newest);
      }
      const __m128i sum = _mm_add_epi32(four, _mm_loadu_si128(constants + i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

void sha256_blocks(Sha256State& state, const std::uint8_t* bytes, std::size_t blocks) {
  static const bool is_fast = has_instructions();
  is_fast ? sha256_blocks_by_instruction(state, bytes, blocks) : sha256_blocks_by_words(state, bytes, blocks);
}
#else
void sha256_blocks(Sha256State& state, const std::uint8_t* bytes, std::size_t blocks) {
  sha256_blocks_by_words(state, bytes, blocks);
}
#endif

}  // namespace parking_lot
