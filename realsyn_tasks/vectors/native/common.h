// What the products of scan.cpp and lists.cpp share: rounding rows to int8, scores in the order of
// additions of scan.pair_scores, and the keys of running best rows.

#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

namespace {

using i64 = int64_t;
constexpr int LANES = 16;   // base rows of one group: 4 dimensions of each fill 64 bytes
constexpr int WIDE = 3;     // groups of one tile
constexpr int QUERIES = 8;  // queries of one tile
constexpr i64 FEW = 16;     // best rows of a query that are also followed by their bounds
constexpr i64 CHUNK = 1 << 18;  // bytes of the base that stay in a core's cache
constexpr float UNIT = 0x1p-24f, TINY = 1e-16f, ROOM = 1.001f;
constexpr uint64_t EMPTY = ~uint64_t(0);
#ifdef __AVX512VNNI__
constexpr int LEVELS = 127, BIAS = 128;
#else  // two products of a pair have to fit 16 bits
constexpr int LEVELS = 63, BIAS = 64;
#endif

// As wide as a register: GCC takes wider vectors apart, number by number and through memory.
#ifdef __AVX512F__
constexpr int STEP = 16;
#else
constexpr int STEP = 8;
#endif
constexpr int PARTS = LANES / STEP;  // of a sum of 16, whose order of additions is the same anywhere
typedef float Vec __attribute__((vector_size(4 * STEP), aligned(4)));
typedef int32_t Ivec __attribute__((vector_size(4 * STEP), aligned(4)));
typedef uint8_t Bvec __attribute__((vector_size(STEP), aligned(1)));

// One row of numbers for each quantity, `stride` apart. EXTRA is the caller's: products of it are
// added to the bound. ERROR, SIZE and WHOLE of the base are the largest of each group.
enum { SCALE, OFFSET, EXTRA, ERROR, SIZE, WHOLE, SUM };

void fetch(const void* values, i64 bytes) {
  for (i64 j = 0; j < bytes; j += 64) __builtin_prefetch((const char*)values + j);
}

// Inlined, so that sums stay in registers.
__attribute__((always_inline)) inline float total(const Vec* parts) {
  float sum = 0;
  for (int p = 0; p < PARTS; p++)
    for (int i = 0; i < STEP; i++) sum += parts[p][i];
  return sum;
}

inline Vec magnitudes(Vec v) { return (Vec)((Ivec)v & 0x7fffffff); }
inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }

__attribute__((always_inline)) inline float largest(const Vec* parts) {
  float most = 0;
  for (int p = 0; p < PARTS; p++)
    for (int i = 0; i < STEP; i++) most = std::max(most, parts[p][i]);
  return most;
}

// Numbers from place j of m on, and zeros.
inline Vec part_of(const float* values, i64 j, i64 m) {
  if (j + STEP <= m) return *(const Vec*)(values + j);
  alignas(64) float part[STEP] = {};
  for (i64 i = 0; i < m - j; i++) part[i] = values[j + i];
  return *(const Vec*)part;
}

// Writes what part_of would read.
inline void put_part(Vec value, float* values, i64 j, i64 m) {
  if (j + STEP <= m) *(Vec*)(values + j) = value;
  else
    for (i64 i = 0; i < m - j; i++) values[j + i] = value[i];
}

// Writes numbers from 0 to 255 as bytes.
inline void store_bytes(Ivec numbers, uint8_t* out) {
#ifdef __AVX512F__
  *(Bvec*)out = __builtin_convertvector(numbers, Bvec);
#else
  const __m256i firsts = _mm256_set1_epi32(0x0c080400);  // the lowest byte of each number
  const __m256i bytes = _mm256_shuffle_epi8((__m256i)numbers, firsts);
  const __m128i high = _mm256_extracti128_si256(bytes, 1);
  _mm_storel_epi64((__m128i*)out, _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), high));
#endif
}

// Codes with a bias of 128 without it.
inline void make_signed(const uint8_t* __restrict biased, i64 count, int8_t* __restrict codes) {
  for (i64 j = 0; j < count; j++) codes[j] = int8_t(biased[j] ^ 0x80);
}

struct Quantised {
  float scale, offset, error, size, whole, sum, norm;
};

// Rounds one row: (row - centre) / scale to whole numbers, plus the bias.
Quantised round_row(const float* row, const float* centre, const float* other, float centre_norm,
                    i64 d, i64 padded, int levels, int bias, float* x, uint8_t* codes) {
  Vec top[PARTS] = {}, dot[PARTS] = {}, norm[PARTS] = {}, left[PARTS] = {};
  const auto take = [&](int p, i64 j, Vec value, Vec middle, Vec against) {
    const Vec v = value - middle;
    top[p] = larger(magnitudes(v), top[p]);
    dot[p] += v * against, norm[p] += v * v;
    *(Vec*)(x + j) = v;
  };
  i64 begin = 0;
  for (; begin + LANES <= d; begin += LANES)
#pragma GCC unroll 2
    for (int p = 0; p < PARTS; p++) {
      const i64 j = begin + p * STEP;
      take(p, j, *(const Vec*)(row + j), *(const Vec*)(centre + j), *(const Vec*)(other + j));
    }
  for (; begin < padded; begin += LANES)
#pragma GCC unroll 2
    for (int p = 0; p < PARTS; p++) {
      const i64 j = begin + p * STEP;
      take(p, j, part_of(row, j, d), part_of(centre, j, d), part_of(other, j, d));
    }
  const float most = largest(top);
  float scale = most > 1e-30f ? most / levels : 0, inverse = scale > 0 ? levels / most : 0;
  Ivec sum{};
  for (begin = 0; begin < padded; begin += LANES)
#pragma GCC unroll 2
    for (int p = 0; p < PARTS; p++) {
      const i64 j = begin + p * STEP;
      Vec v = *(Vec*)(x + j);
      Ivec whole = __builtin_convertvector(v * inverse + (bias + 0.5f), Ivec);
      Ivec code = whole - bias;
      Vec rest = v - __builtin_convertvector(code, Vec) * scale;
      left[p] += rest * rest, sum += code;
      store_bytes(whole, codes + j);
    }
  int codes_sum = 0;
  for (int i = 0; i < STEP; i++) codes_sum += sum[i];
  // Not below |row| + |centre|.
  float whole = (std::sqrt(total(norm)) + 2 * centre_norm) * ROOM + TINY;
  float error = std::sqrt(total(left)) * ROOM + 16 * UNIT * whole + TINY;
  return {scale, total(dot), error, std::sqrt(total(norm)) * ROOM + error + TINY, whole,
          float(codes_sum), std::sqrt(total(norm))};
}

template <int WIDTH>
inline float fold(float* a) {
  if constexpr (WIDTH == 1) return a[0];
  constexpr int half = (WIDTH + 1) / 2;
  for (int i = 0; i < WIDTH - half; i++) a[i] += a[i + half];
  return fold<half>(a);
}

// tree_dot of a number of dimensions known in advance.
template <int DIM>
float known_dot(const float* __restrict x, const float* __restrict y) {
  constexpr int half = DIM / 2;
  alignas(64) float a[half];
  for (int i = 0; i < half; i++) a[i] = x[i] * y[i] + x[i + half] * y[i + half];
  return fold<half>(a);
}

// scan.pair_scores of one pair: the same tree, so the same bits.
float tree_dot(const float* __restrict x, const float* __restrict y, i64 d, float* __restrict a,
               float* __restrict b) {
  if (d == 384) return known_dot<384>(x, y);
  if (d == 512) return known_dot<512>(x, y);
  if (d == 768) return known_dot<768>(x, y);
  if (d == 1024) return known_dot<1024>(x, y);
  if (d == 0) return 0;
  if (d == 1) return x[0] * y[0];
  i64 half = (d + 1) / 2, pairs = d - half;
  for (i64 i = 0; i < pairs; i++) a[i] = x[i] * y[i] + x[i + half] * y[i + half];
  if (pairs < half) a[pairs] = x[pairs] * y[pairs];
  for (i64 width = half; width > 1; width = half) {
    half = (width + 1) / 2, pairs = width - half;
    for (i64 i = 0; i < pairs; i++) b[i] = a[i] + a[i + half];
    if (pairs < half) b[pairs] = a[pairs];
    std::swap(a, b);
  }
  return a[0];
}

uint64_t key_of(float score, i64 id) {
  uint32_t bits;
  score += 0.0f;  // -0.0 is 0.0
  std::memcpy(&bits, &score, 4);
  uint32_t ascending = bits >> 31 ? ~bits : bits | 0x80000000u;
  return uint64_t(~ascending) << 32 | uint64_t(id);
}

float score_of(uint64_t key) {
  if (key == EMPTY) return -INFINITY;
  uint32_t ascending = ~uint32_t(key >> 32);
  uint32_t bits = ascending >> 31 ? ascending & 0x7fffffffu : ~ascending;
  float score;
  std::memcpy(&score, &bits, 4);
  return score;
}

// Keeps the k smallest distinct keys sorted.
void insert(uint64_t* keys, i64 k, uint64_t key) {
  uint64_t* place = std::lower_bound(keys, keys + k, key);
  if (place == keys + k || *place == key) return;
  std::memmove(place + 1, place, (keys + k - 1 - place) * sizeof(uint64_t));
  *place = key;
}

}  // namespace
