// int8 products that leave no scores behind: a pair is looked at again only when the product and
// the bound of its error say that it may reach its query's running floor, and then it is scored
// in float32 in the order of additions of scan.pair_scores. So answers have the bits of the
// portable path. Compiled once per instruction set; __init__.py says how and binds the functions.
//
// For centres c of the queries and m of the base, x = q - c and y = b - m,
//     q.b = x.y + c.y + x.m + c.m,   x.y <= X.Y + |x| |y - Y| + |x - X| |Y|
// for the rounded rows X and Y (Cauchy-Schwarz), with the norms of the actual residuals.

#include "common.h"
#ifdef __AMX_INT8__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace {

constexpr i64 MANY_QUERIES = 1 << 13;  // up to which the pairs of each wait to the end of a sweep
#ifdef __AMX_INT8__
constexpr int BLOCK = 32, GROUPS_AT_ONCE = 2;  // sums of 2 x 2 tiles, two tiles of each side
constexpr int TILE = 1024;                     // bytes: 16 rows of 64
#else
constexpr int BLOCK = QUERIES, GROUPS_AT_ONCE = WIDE;
#endif

#ifdef __AMX_INT8__
// This thread's tile registers, all of 16 rows of 64 bytes, while it lives.
struct Tiles {
  Tiles() {
    alignas(64) uint8_t shape[64] = {1};
    for (int t = 0; t < 8; t++) shape[16 + 2 * t] = 64, shape[48 + t] = 16;
    _tile_loadconfig(shape);
  }
  ~Tiles() { _tile_release(); }
};

// Codes of a block's queries as tiles, filled up with zeros, and where their sums start.
struct Multiplier {
  const Tiles registers;
  const i64 bytes, tiles;  // of a query's codes
  std::vector<uint8_t> room;
  int8_t* codes;
  int32_t* starts;

  explicit Multiplier(i64 padded)
      : bytes(padded), tiles((padded + 63) / 64), room(2 * TILE * (tiles + 1) + 64) {
    starts = (int32_t*)(room.data() + (-uintptr_t(room.data()) & 63));
    codes = (int8_t*)starts + 2 * TILE;
  }

  void load(const int8_t* const* query, const int32_t* start) {
    for (int q = 0; q < BLOCK; q++) {
      int8_t* row = codes + q / 16 * tiles * TILE + q % 16 * 64;
      i64 j = 0;
      for (; j + 64 <= bytes; j += 64) std::memcpy(row + j * 16, query[q] + j, 64);
      if (j < bytes) std::memcpy(row + j * 16, query[q] + j, bytes - j);
      *(Ivec*)(starts + q * LANES) = Ivec{} + start[q];
    }
  }

  // Dot products of the block with the rows of up to two groups. The last tile of a group may
  // reach into what follows it, where queries have zeros.
  void multiply(const uint8_t* base, int groups, int32_t (*out)[GROUPS_AT_ONCE * LANES]) const {
    const int8_t *first = codes, *second = codes + tiles * TILE;
    const uint8_t* other = base + (groups - 1) * bytes * LANES;
    asm volatile("" ::: "memory");  // loads of tiles read what was written before
    _tile_loadd(0, starts, 64);
    _tile_loadd(1, starts, 64);
    _tile_loadd(2, starts + 16 * LANES, 64);
    _tile_loadd(3, starts + 16 * LANES, 64);
    for (i64 t = 0; t < tiles * TILE; t += TILE) {
      _tile_loadd(4, first + t, 64);
      _tile_loadd(6, base + t, 64);
      _tile_dpbsud(0, 4, 6);
      _tile_loadd(7, other + t, 64);
      _tile_dpbsud(1, 4, 7);
      _tile_loadd(5, second + t, 64);
      _tile_dpbsud(2, 5, 6);
      _tile_dpbsud(3, 5, 7);
    }
    const i64 stride = sizeof(*out);
    _tile_stored(0, out[0], stride);
    _tile_stored(1, out[0] + LANES, stride);
    _tile_stored(2, out[16], stride);
    _tile_stored(3, out[16] + LANES, stride);
    asm volatile("" ::: "memory");
  }
};
#else
// Dot products of eight queries with the rows of up to three groups, from `start`.
template <int GROUPS>
void tile(const int8_t* const* query, const uint8_t* base, i64 steps, const int32_t* start,
          int32_t (*out)[WIDE * LANES]) {
#ifdef __AVX512VNNI__
  __m512i sums[QUERIES][GROUPS];  // in registers, given that all its loops are unrolled
#pragma GCC unroll 8
  for (int q = 0; q < QUERIES; q++)
#pragma GCC unroll 3
    for (int g = 0; g < GROUPS; g++) sums[q][g] = _mm512_set1_epi32(start[q]);
  for (i64 s = 0; s < steps; s++) {
    __m512i rows[GROUPS];
#pragma GCC unroll 3
    for (int g = 0; g < GROUPS; g++) rows[g] = _mm512_loadu_si512(base + (g * steps + s) * 64);
#pragma GCC unroll 8
    for (int q = 0; q < QUERIES; q++) {
      int32_t four;
      std::memcpy(&four, query[q] + 4 * s, 4);
      __m512i spread = _mm512_set1_epi32(four);
#pragma GCC unroll 3
      for (int g = 0; g < GROUPS; g++)
        sums[q][g] = _mm512_dpbusd_epi32(sums[q][g], rows[g], spread);
    }
  }
#pragma GCC unroll 8
  for (int q = 0; q < QUERIES; q++)
#pragma GCC unroll 3
    for (int g = 0; g < GROUPS; g++) _mm512_storeu_si512(out[q] + g * LANES, sums[q][g]);
#else
  const __m256i ones = _mm256_set1_epi16(1);
  for (int g = 0; g < GROUPS; g++)
    for (int first = 0; first < QUERIES; first += 4) {
      __m256i sums[4][2];
      for (int q = 0; q < 4; q++) sums[q][0] = sums[q][1] = _mm256_set1_epi32(start[first + q]);
      for (i64 s = 0; s < steps; s++) {
        const __m256i* rows = (const __m256i*)(base + (g * steps + s) * 64);
        __m256i low = _mm256_loadu_si256(rows), high = _mm256_loadu_si256(rows + 1);
#pragma GCC unroll 4
        for (int q = 0; q < 4; q++) {
          int32_t four;
          std::memcpy(&four, query[first + q] + 4 * s, 4);
          __m256i spread = _mm256_set1_epi32(four);
          __m256i a = _mm256_madd_epi16(_mm256_maddubs_epi16(low, spread), ones);
          __m256i b = _mm256_madd_epi16(_mm256_maddubs_epi16(high, spread), ones);
          sums[q][0] = _mm256_add_epi32(sums[q][0], a);
          sums[q][1] = _mm256_add_epi32(sums[q][1], b);
        }
      }
      for (int q = 0; q < 4; q++)
        for (int h = 0; h < 2; h++)
          _mm256_storeu_si256((__m256i*)(out[first + q] + g * LANES + 8 * h), sums[q][h]);
    }
#endif
}

struct Multiplier {
  const i64 steps;
  const int8_t* const* query = nullptr;
  const int32_t* start = nullptr;

  explicit Multiplier(i64 padded) : steps(padded / 4) {}

  void load(const int8_t* const* queries, const int32_t* starts) {
    query = queries, start = starts;
  }

  void multiply(const uint8_t* base, int groups, int32_t (*out)[GROUPS_AT_ONCE * LANES]) const {
    if (groups == 3) tile<3>(query, base, steps, start, out);
    else if (groups == 2) tile<2>(query, base, steps, start, out);
    else tile<1>(query, base, steps, start, out);
  }
};
#endif

// Which of 16 base rows may reach `floor`: a bit for each, and what they may reach unless null.
inline unsigned reaching(const int32_t* products, const float* stats, i64 stride, float scale,
                  float extra, float floor, float* upper) {
#ifdef __AVX512VNNI__
  __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(products)),
                               _mm512_loadu_ps(stats + SCALE * stride));
  value = _mm512_fmadd_ps(value, _mm512_set1_ps(scale), _mm512_loadu_ps(stats + OFFSET * stride));
  value = _mm512_fmadd_ps(_mm512_loadu_ps(stats + EXTRA * stride), _mm512_set1_ps(extra), value);
  unsigned bits = _mm512_cmp_ps_mask(value, _mm512_set1_ps(floor), _CMP_GE_OQ);
  if (upper && bits) _mm512_storeu_ps(upper, value);
#else
  unsigned bits = 0;
  for (int h = 0; h < 2; h++, products += 8, stats += 8) {
    __m256 value = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i*)products));
    value = _mm256_mul_ps(value, _mm256_loadu_ps(stats + SCALE * stride));
    value = _mm256_fmadd_ps(value, _mm256_set1_ps(scale), _mm256_loadu_ps(stats + OFFSET * stride));
    value = _mm256_fmadd_ps(_mm256_loadu_ps(stats + EXTRA * stride), _mm256_set1_ps(extra), value);
    __m256 reached = _mm256_cmp_ps(value, _mm256_set1_ps(floor), _CMP_GE_OQ);
    bits |= unsigned(_mm256_movemask_ps(reached)) << (8 * h);
    if (upper) _mm256_storeu_ps(upper + 8 * h, value);
  }
#endif
  return bits;
}

#ifdef __AMX_INT8__
// Whether the CPU has tiles, the system saves them, and this process may use them.
bool tiles_permitted() {
  constexpr unsigned HAS_TILES = 3u << 24, SAVES_ALL = 1u << 27, SAVES_TILES = 3u << 17;
  constexpr long ASK = 0x1023, TILE_DATA = 18;  // ARCH_REQ_XCOMP_PERM, of Linux 5.16
  unsigned a, b, c, d, low, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & SAVES_ALL)) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & HAS_TILES) != HAS_TILES) return false;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & SAVES_TILES) == SAVES_TILES && !syscall(SYS_arch_prctl, ASK, TILE_DATA);
}
#endif

// Keeps the k largest values ascending.
void raise(float* values, i64 k, float value) {
  if (!(value > values[0])) return;
  i64 i = 0;
  for (; i + 1 < k && values[i + 1] < value; i++) values[i] = values[i + 1];
  values[i] = value;
}

}  // namespace

extern "C" {

// Rows of one side of a product. `index` (or null) says which rows of `values` are meant.
struct Side {
  const float* values;
  const i64* index;
  const uint8_t* codes;
  const float* stats;
  i64 count, stride, d, padded;  // `stride` and `padded` are `count` and `d` rounded up to 16
};

int supported() {
  __builtin_cpu_init();
#ifdef __AMX_INT8__
  if (!tiles_permitted()) return 0;
#endif
#ifdef __AVX512VNNI__
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("f16c");
#else
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
#endif
}

// Writes codes and stats of rows [first, end); `first` is a multiple of 16. Returns 0, or 1 when
// a row holds what has no finite norm.
int quantise(const float* values, const i64* index, i64 first, i64 end, i64 d, i64 padded,
             const float* centre, const float* other, float centre_norm, int is_base,
             uint8_t* codes, float* stats, i64 stride) {
  std::vector<float> x(padded);
  std::vector<uint8_t> row_codes(padded);
  int bad = 0;
  for (i64 group = first; group < end; group += LANES) {
    float error = 0, size = 0, whole = 0;
    for (i64 i = group; i < group + LANES && (i < end || is_base); i++) {
      Quantised row{0, -INFINITY, 0, 0, 0, 0, 0};  // past the end: reaches no floor
      if (i < end) {
        const i64 soon = std::min(i + 3, end - 1);
        fetch(values + (index ? index[soon] : soon) * d, d * 4);
        row = round_row(values + (index ? index[i] : i) * d, centre, other, centre_norm, d, padded,
                        is_base ? LEVELS : 127, is_base ? BIAS : 128, x.data(), row_codes.data());
        bad |= !std::isfinite(row.whole);
      }
      const uint8_t* coded = row_codes.data();
      uint8_t* into = codes + (is_base ? group * padded + (i - group) * 4 : i * padded);
      if (!is_base) make_signed(coded, padded, (int8_t*)into);
      else if (i < end)
        for (i64 j = 0; j < padded; j += 4) std::memcpy(into + j * LANES, coded + j, 4);
      stats[SCALE * stride + i] = row.scale, stats[OFFSET * stride + i] = row.offset;
      stats[ERROR * stride + i] = row.error, stats[SIZE * stride + i] = row.size;
      stats[WHOLE * stride + i] = row.whole, stats[SUM * stride + i] = row.sum;
      error = std::max(error, row.error), size = std::max(size, row.size);
      whole = std::max(whole, row.whole);
    }
    if (is_base) {
      stats[ERROR * stride + group] = error, stats[SIZE * stride + group] = size;
      stats[WHOLE * stride + group] = whole;
    }
  }
  return bad;
}
}

namespace {

// Pairs of a block of queries that may reach a floor. They are looked at late, when the bounds of
// others have raised it, or else best first, so that the first scores raise it above the rest.
struct Waiting {
  static constexpr i64 AHEAD = 4;  // pairs whose rows memory is to bring
  struct Pair {
    float upper;
    uint32_t query, row;
  };
  std::vector<Pair> pairs;

  template <class Where, class Hit>
  void look(const float* floors, bool sorted, i64 d, Where where, Hit hit) {
    const auto reaches = [&](const Pair& pair) { return pair.upper >= floors[pair.query]; };
    pairs.resize(std::partition(pairs.begin(), pairs.end(), reaches) - pairs.begin());
    if (sorted)
      std::sort(pairs.begin(), pairs.end(),
                [](const Pair& a, const Pair& b) { return a.upper > b.upper; });
    const i64 count = pairs.size();
    for (i64 i = -AHEAD; i < count; i++) {
      if (i + AHEAD < count && reaches(pairs[i + AHEAD]))
        fetch(where(pairs[i + AHEAD].row), d * sizeof(float));
      if (i >= 0 && reaches(pairs[i])) hit(pairs[i].query, pairs[i].row);
    }
    pairs.clear();
  }
};

// Calls hit(i, row) for every query i of `which` and base row that may reach floors[i]; a hit may
// raise the floor, and a block of infinite floors follows the last. Base rows are those of groups
// [first, last); where(row) is what a hit reads.
// With `best` > 0 only so many of these rows count for a query, and what that many reach at the
// least is a floor for all. Without `rising`, hits raise none. With `later`, only base rows of
// numbers above the query's count.
template <class Where, class Hit>
void sweep(const Side& queries, const i64* which, i64 count, const Side& base, i64 first, i64 last,
           float constant, float* floors, i64 best, bool rising, bool later, i64 full, Where where,
           Hit hit) {
  const i64 padded = queries.padded, bytes = padded * LANES;
  const i64 ns = queries.stride, bs = base.stride;
  const float slack = (queries.d + 64) * UNIT;
  constexpr int WIDE = GROUPS_AT_ONCE;
  const i64 chunk = std::max<i64>(WIDE, CHUNK / bytes / WIDE * WIDE);
  alignas(64) int32_t products[BLOCK][WIDE * LANES];
  Multiplier multiplier(padded);
  const bool keep = count <= MANY_QUERIES;  // else pairs would take much memory
  std::vector<Waiting> waiting(keep ? (count + BLOCK - 1) / BLOCK : 1);
  const bool soon = rising && !best;  // where only scores raise the floors
  const size_t many = soon ? BLOCK : 128 * BLOCK;
  float upper[LANES];
  std::vector<float> lows(count * best, -INFINITY);  // of each query, ascending
  for (i64 begin = first; begin < last; begin += chunk)
    for (i64 q0 = 0; q0 < count; q0 += BLOCK) {
      const int8_t* codes[BLOCK];
      int32_t start[BLOCK];
      float scale[BLOCK], extra[BLOCK], size[BLOCK], error[BLOCK], room[BLOCK],
          offset[BLOCK];
      const int used = int(std::min<i64>(BLOCK, count - q0));
      for (int q = 0; q < BLOCK; q++) {
        const i64 row = which[q0 + std::min(q, used - 1)];
        const float* stats = queries.stats + row;
        codes[q] = (const int8_t*)queries.codes + row * padded;
        start[q] = -BIAS * int32_t(stats[SUM * ns]);
        scale[q] = stats[SCALE * ns], extra[q] = stats[EXTRA * ns], size[q] = stats[SIZE * ns];
        error[q] = stats[ERROR * ns], room[q] = slack * stats[WHOLE * ns];
        offset[q] = stats[OFFSET * ns] + constant;
      }
      multiplier.load(codes, start);
      Waiting& now = waiting[keep ? q0 / BLOCK : 0];
      const i64 start_at = later ? std::max(begin, which[q0] / LANES) : begin;
      const i64 end = std::min(last, begin + chunk);
      for (i64 group = start_at; group < end; group += WIDE) {
        const int wide = int(std::min<i64>(WIDE, end - group));
        multiplier.multiply(base.codes + group * bytes, wide, products);
        for (int g = 0; g < wide; g++) {
          const float* stats = base.stats + (group + g) * LANES;
          const i64 left = base.count - (group + g) * LANES;
          const unsigned real = left < LANES ? (1u << left) - 1 : 0xffff;
          const float e = stats[ERROR * bs], s = stats[SIZE * bs], w = stats[WHOLE * bs];
          float bound[BLOCK], wrong[BLOCK], least[BLOCK];
          for (int q = 0; q < BLOCK; q++) {
            wrong[q] = size[q] * e + error[q] * (s + e) + room[q] * w;
            bound[q] = wrong[q] + offset[q];
            least[q] = floors[q0 + q] - bound[q];
          }
          unsigned some = 0;  // queries: mostly there is none, so first ask all and keep no numbers
#pragma GCC unroll 32
          for (int q = 0; q < BLOCK; q++) {
            const unsigned bits = reaching(products[q] + g * LANES, stats, bs, scale[q], extra[q],
                                           least[q], nullptr);
            some |= BLOCK > QUERIES ? unsigned(bits != 0) << q : bits;
          }
          if (BLOCK == QUERIES && some) some = (1u << QUERIES) - 1;
          for (; some; some &= some - 1) {
            const int q = __builtin_ctz(some);
            unsigned bits = reaching(products[q] + g * LANES, stats, bs, scale[q], extra[q],
                                     least[q], upper);
            if (!bits) continue;
            float& floor = floors[q0 + q];
            bits &= real;
            float* low = lows.data() + (q0 + q) * best;
            for (unsigned lanes = best ? bits : 0; lanes; lanes &= lanes - 1)
              raise(low, best, upper[__builtin_ctz(lanes)] + bound[q] - 2 * wrong[q]);
            if (best) floor = std::max(floor, low[0]);
            for (; bits; bits &= bits - 1) {
              const int lane = __builtin_ctz(bits);
              if (upper[lane] + bound[q] < floor) continue;
              const i64 row = (group + g) * LANES + lane;
              now.pairs.push_back({upper[lane] + bound[q], uint32_t(q0 + q), uint32_t(row)});
            }
          }
        }
        if (now.pairs.size() > many) now.look(floors, soon, full, where, hit);
      }
      if (!keep) now.look(floors, soon, full, where, hit);
    }
  for (Waiting& block : waiting) block.look(floors, soon, full, where, hit);
}

i64 name_of(const Side& side, i64 row) { return side.index ? side.index[row] : row; }

const float* row_of(const Side& side, i64 row) {
  return side.values + name_of(side, row) * side.d;
}

}  // namespace

extern "C" {

// Offers every base row to the queries `which`, whose k best are rows `slots` of `keys`.
void offer(const Side* queries, const i64* which, const i64* slots, i64 count, const Side* base,
           float constant, const i64* ids, uint64_t* keys, i64 k) {
  const i64 d = queries->d;
  std::vector<float> floors(count + BLOCK, INFINITY), a(d + 1), b(d + 1);
  for (i64 i = 0; i < count; i++) floors[i] = score_of(keys[slots[i] * k + k - 1]);
  const bool distinct = std::adjacent_find(ids, ids + base->count, std::greater_equal<i64>()) ==
                        ids + base->count;
  const i64 best = k == 1 || (distinct && k <= FEW) ? k : 0;
  sweep(*queries, which, count, *base, 0, base->stride / LANES, constant, floors.data(), best,
        true, false, d, [&](i64 row) { return row_of(*base, row); },
        [&](i64 i, i64 row) {
          const float *x = row_of(*queries, which[i]), *y = row_of(*base, row);
          float score = tree_dot(x, y, d, a.data(), b.data());
          uint64_t* best = keys + slots[i] * k;
          insert(best, k, key_of(score, ids[row]));
          floors[i] = std::max(floors[i], score_of(best[k - 1]));
        });
}

// Pairs (query row, base row) that score at least `threshold`; only those with a smaller query
// row when `upper`, and then `which` ascends. Rows are named by the sides' indices, if there are.
// Codes may stand for other columns than `full_a` and `full_b`, which score.
// Returns how many there are, of which `capacity` are written.
i64 pairs(const Side* queries, const i64* which, i64 count, const Side* base, i64 first, i64 last,
          float constant, float floor, float threshold, const float* full_a, const float* full_b,
          i64 d, int upper, i64* found, float* scores, i64 capacity) {
  std::vector<float> floors(count + BLOCK, INFINITY), a(d + 1), b(d + 1);
  std::fill_n(floors.begin(), count, floor);
  i64 written = 0;
  sweep(*queries, which, count, *base, first, last, constant, floors.data(), 0, false, upper, d,
        [&](i64 row) { return full_b + name_of(*base, row) * d; },
        [&](i64 i, i64 row) {
          if (upper && which[i] >= row) return;
          const i64 x = name_of(*queries, which[i]), y = name_of(*base, row);
          float score = tree_dot(full_a + x * d, full_b + y * d, d, a.data(), b.data());
          if (!(score >= threshold)) return;
          if (written < capacity)
            found[2 * written] = x, found[2 * written + 1] = y, scores[written] = score;
          written++;
        });
  return written;
}

void pair_scores(const float* left, const i64* left_rows, const float* right,
                 const i64* right_rows, i64 count, i64 d, float* scores) {
  std::vector<float> a(d + 1), b(d + 1);
  for (i64 i = 0; i < count; i++)
    scores[i] = tree_dot(left + left_rows[i] * d, right + right_rows[i] * d, d, a.data(), b.data());
}
}
