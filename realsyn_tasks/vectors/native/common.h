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

typedef float Vec __attribute__((vector_size(64), aligned(4)));
typedef int32_t Ivec __attribute__((vector_size(64), aligned(4)));
typedef uint8_t Bvec __attribute__((vector_size(16), aligned(1)));

// One row of numbers for each quantity, `stride` apart. EXTRA is the caller's: products of it are
// added to the bound. ERROR, SIZE and WHOLE of the base are the largest of each group.
enum { SCALE, OFFSET, EXTRA, ERROR, SIZE, WHOLE, SUM };

void fetch(const void* values, i64 bytes) {
  for (i64 j = 0; j < bytes; j += 64) __builtin_prefetch((const char*)values + j);
}

float total(Vec v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

struct Quantised {
  float scale, offset, error, size, whole, sum, norm;
};

// Rounds one row: (row - centre) / scale to whole numbers, plus the bias.
Quantised round_row(const float* row, const float* centre, const float* other, float centre_norm,
                    i64 d, i64 padded, int levels, int bias, float* x, uint8_t* codes) {
  Vec top{}, dot{}, norm{}, left{};
  for (i64 j = 0; j < padded; j += LANES) {
    Vec value{}, middle{}, against{};
    if (j + LANES <= d) {
      value = *(const Vec*)(row + j), middle = *(const Vec*)(centre + j);
      against = *(const Vec*)(other + j);
    } else {
      for (i64 i = 0; i < d - j; i++)
        value[i] = row[j + i], middle[i] = centre[j + i], against[i] = other[j + i];
    }
    Vec v = value - middle, size = (Vec)((Ivec)v & 0x7fffffff);
    top = size > top ? size : top;
    dot += v * against, norm += v * v;
    *(Vec*)(x + j) = v;
  }
  float most = 0;
  for (int i = 0; i < LANES; i++) most = std::max(most, top[i]);
  float scale = most > 1e-30f ? most / levels : 0, inverse = scale > 0 ? levels / most : 0;
  Ivec sum{};
  for (i64 j = 0; j < padded; j += LANES) {
    Vec v = *(Vec*)(x + j);
    Ivec whole = __builtin_convertvector(v * inverse + (bias + 0.5f), Ivec);
    Ivec code = whole - bias;
    Vec rest = v - __builtin_convertvector(code, Vec) * scale;
    left += rest * rest, sum += code;
    *(Bvec*)(codes + j) = __builtin_convertvector(whole, Bvec);
  }
  int codes_sum = 0;
  for (int i = 0; i < LANES; i++) codes_sum += sum[i];
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
