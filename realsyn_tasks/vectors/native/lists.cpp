// Lists of rows that are searched by many queries, in three steps, each of which passes on what
// may reach its query's running floor: int8 products of a few rotated dimensions, int8 products of
// all dimensions, scores in float32 in the order of additions of scan.pair_scores.
//
// For the mean m of a list, any c, x = q - c and y = b - m, q.b = q.m + c.y + x.y. With P the first
// dimensions of an orthonormal basis and R the rest,
//     x.y = Px.Py + Rx.Ry <= Px.Py + |Rx| |Ry|,
//     Px.Py <= X.Y + |X| |Py - Y| + |Px - X| |Py|
// for the rounded heads X and Y, all by Cauchy-Schwarz. X and Y have one scale each, so c.y is where
// a row's sum of products starts, and one whole number decides for a query and 16 rows. Rows
// of a list are in the order of |Ry|, so that the largest of 16 is near each.
//
// `share` t < 1 and `gain` g > 0 make it approximate: neighbours are alike in the dimensions that
// are left out, too, so Rx.Ry is taken to be at most g Px.Py + t |Rx| |Ry|. A pair that passes this
// for its own score is visible. What is found are the best of the visible rows and of those in the
// query's nearest list, so no order of lists or rows, and no number of threads, changes it.

#include "common.h"

namespace {

constexpr int HEAD_LEVELS = 63, HEAD_BIAS = 64;  // the same in every kernel
constexpr int32_t NEVER = -(1 << 30);
constexpr float FARTHEST = 1e9f;

typedef float Eight __attribute__((vector_size(32), aligned(4)));
typedef int32_t EightInts __attribute__((vector_size(32), aligned(4)));

struct RowStats {  // of all dimensions: int8 codes, and c.y
  float scale, offset, error, reach;  // reach: size + error
};

struct GroupStats {  // the largest of 16 rows
  float rest, error, size, whole;
};

struct QueryStats {
  float scale, sum, error, size, whole, head_sum, rest, head_size, head_error;
};

}  // namespace

extern "C" {

// Queries around c: `codes` of all dimensions, `heads` with one scale for all.
struct Asked {
  const float* values;
  const int8_t *codes, *heads;
  const QueryStats* stats;
  float unit;
};

// One list; rows in the order of what their heads leave out, `index` says which they are in `values`.
struct List {
  const void* values;
  const i64 *index, *names;
  const uint8_t *panel, *codes;
  const RowStats* rows;
  const GroupStats* groups;
  const float* mean;
  i64 count, d, padded, steps;
  float unit, longest;
  int half;  // values are float16
};
}

namespace {

#ifdef __AVX512VNNI__
// As _mm512_dpbusd_epi32, for which GCC copies sums from register to register.
inline void add_products(__m512i& sum, __m512i rows, __m512i query) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(rows), "v"(query));
}
#endif

// Products of eight queries with up to three groups from `starts`; those of at least `least`.
template <int GROUPS>
__attribute__((noinline))  // so that registers hold all sums
void head_tile(const int8_t* const* query, const uint8_t* panel, i64 steps, const int32_t* starts,
               const int32_t (*least)[QUERIES], uint16_t (*kept)[QUERIES]) {
#ifdef __AVX512VNNI__
  __m512i sums[QUERIES][GROUPS];
#pragma GCC unroll 3
  for (int g = 0; g < GROUPS; g++) {
    __m512i start = _mm512_loadu_si512(starts + g * LANES);
#pragma GCC unroll 8
    for (int q = 0; q < QUERIES; q++) sums[q][g] = start;
  }
  for (i64 s = 0; s < steps; s++) {
    __m512i rows[GROUPS];
#pragma GCC unroll 3
    for (int g = 0; g < GROUPS; g++) rows[g] = _mm512_loadu_si512(panel + (g * steps + s) * 64);
#pragma GCC unroll 8
    for (int q = 0; q < QUERIES; q++) {
      int32_t four;
      std::memcpy(&four, query[q] + 4 * s, 4);
      __m512i spread = _mm512_set1_epi32(four);
#pragma GCC unroll 3
      for (int g = 0; g < GROUPS; g++)
        add_products(sums[q][g], rows[g], spread);
    }
  }
#pragma GCC unroll 8
  for (int q = 0; q < QUERIES; q++)
#pragma GCC unroll 3
    for (int g = 0; g < GROUPS; g++)
      kept[g][q] = _mm512_cmpge_epi32_mask(sums[q][g], _mm512_set1_epi32(least[g][q]));
#else
  const __m256i ones = _mm256_set1_epi16(1);
  for (int g = 0; g < GROUPS; g++)
    for (int first = 0; first < QUERIES; first += 4) {
      __m256i sums[4][2];
      for (int q = 0; q < 4; q++)
        for (int h = 0; h < 2; h++)
          sums[q][h] = _mm256_loadu_si256((const __m256i*)(starts + g * LANES + 8 * h));
      for (i64 s = 0; s < steps; s++) {
        const __m256i* rows = (const __m256i*)(panel + (g * steps + s) * 64);
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
      for (int q = 0; q < 4; q++) {
        unsigned bits = 0;
        for (int h = 0; h < 2; h++) {
          __m256i more = _mm256_cmpgt_epi32(sums[q][h], _mm256_set1_epi32(least[g][first + q] - 1));
          bits |= unsigned(_mm256_movemask_ps(_mm256_castsi256_ps(more))) << (8 * h);
        }
        kept[g][first + q] = uint16_t(bits);
      }
    }
#endif
}

// Appends first + lane for every set bit; room for 16 numbers is needed. Returns the new count.
inline i64 append(int32_t* rows, i64 count, unsigned bits, int32_t first) {
#ifdef __AVX512VNNI__
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i numbers = _mm512_add_epi32(lanes, _mm512_set1_epi32(first));
  _mm512_storeu_si512(rows + count, _mm512_maskz_compress_epi32(__mmask16(bits), numbers));
  return count + __builtin_popcount(bits);
#else
  for (; bits; bits &= bits - 1) rows[count++] = first + __builtin_ctz(bits);
  return count;
#endif
}

#ifdef __AVX512VNNI__
inline __m256i halved(__m512i a) {
  return _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
}
#else
inline __m256i plus_products(__m256i sum, const uint8_t* row, __m256i query) {
  __m256i pairs = _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i*)row), query);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#endif

// Products of one query with four rows, of BLOCKS times 64 codes, or of `blocks` where BLOCKS is 0.
template <int BLOCKS>
inline __m128i four_products(const int8_t* query, const uint8_t* const* rows, i64 blocks) {
  const i64 bytes = 64 * (BLOCKS ? BLOCKS : blocks);
#ifdef __AVX512VNNI__
  __m512i a{}, b{}, c{}, e{};
#pragma GCC unroll 8
  for (i64 j = 0; j < bytes; j += 64) {
    __m512i q = _mm512_loadu_si512(query + j);
    add_products(a, _mm512_loadu_si512(rows[0] + j), q);
    add_products(b, _mm512_loadu_si512(rows[1] + j), q);
    add_products(c, _mm512_loadu_si512(rows[2] + j), q);
    add_products(e, _mm512_loadu_si512(rows[3] + j), q);
  }
  __m256i left = _mm256_hadd_epi32(halved(a), halved(b));
  __m256i right = _mm256_hadd_epi32(halved(c), halved(e));
#else
  __m256i a{}, b{}, c{}, e{};
  for (i64 j = 0; j < bytes; j += 32) {
    __m256i q = _mm256_loadu_si256((const __m256i*)(query + j));
    a = plus_products(a, rows[0] + j, q), b = plus_products(b, rows[1] + j, q);
    c = plus_products(c, rows[2] + j, q), e = plus_products(e, rows[3] + j, q);
  }
  __m256i left = _mm256_hadd_epi32(a, b), right = _mm256_hadd_epi32(c, e);
#endif
  __m256i all = _mm256_hadd_epi32(left, right);
  return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

// 16 numbers at a time; any order of additions does, as the bounds have room for it.
float product(const float* x, const float* y, i64 d) {
  Vec sum[PARTS] = {};
  i64 j = 0;
  for (; j + LANES <= d; j += LANES)
#pragma GCC unroll 2
    for (int p = 0; p < PARTS; p++)
      sum[p] += *(const Vec*)(x + j + p * STEP) * *(const Vec*)(y + j + p * STEP);
  float rest = 0;
  for (; j < d; j++) rest += x[j] * y[j];
  return total(sum) + rest;
}

void widen(const uint16_t* halves, i64 d, float* out) {
  i64 j = 0;
  for (; j + 8 <= d; j += 8)
    _mm256_storeu_ps(out + j, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(halves + j))));
  for (; j < d; j++) out[j] = _cvtsh_ss(halves[j]);
}

inline float sure(float value) { return value < -FARTHEST ? -FARTHEST : value > FARTHEST ? FARTHEST : value; }
inline Eight sure(Eight value) {
  Eight far = Eight{} + FARTHEST;
  value = value < -far ? -far : value;
  return value > far ? far : value;
}
inline float magnitude(float value) { return value < 0 ? -value : value; }
inline Eight magnitude(Eight value) { return value < 0 ? -value : value; }

// One list as it is visited by some queries.
struct Visit {
  const Asked& asked;
  const List& list;
  const i64 *which, *slots;
  uint64_t* keys;
  const i64 k;
  const float share, gain;
  const float slack = float(2 * list.d + 128) * UNIT, inverse = 1 / ((1 + gain) * asked.unit * list.unit);
  float most = 0;  // of the starts
  std::vector<int32_t> starts;
  std::vector<float> dots, a, b, row_of_halves;
  struct Candidate {
    float upper;
    int32_t row;
    static bool better(const Candidate& x, const Candidate& y) { return x.upper > y.upper; }
  };
  std::vector<Candidate> candidates;

  Visit(const Asked& asked, const List& list, const i64* which, const i64* slots, i64 count,
        const float* given, uint64_t* keys, i64 k, float share, float gain)
      : asked(asked), list(list), which(which), slots(slots), keys(keys), k(k), share(share),
        gain(gain), starts((list.count + LANES - 1) / LANES * LANES, NEVER), dots(count),
        a(list.d + 1), b(list.d + 1), row_of_halves(list.half ? list.d : 0),
        candidates(list.count) {
    for (i64 row = 0; row < list.count; row++) {
      starts[row] = int32_t(std::lrint(list.rows[row].offset * inverse));
      most = std::max(most, std::fabs(float(starts[row])));
    }
    for (i64 i = 0; i < count; i++)
      dots[i] = given ? given[i] : product(asked.values + which[i] * list.d, list.mean, list.d);
  }

  float floor(i64 i) const { return score_of(keys[slots[i] * k + k - 1]); }

  // What the sum of products has to be at the least, before it is a whole number.
  template <class F>
  F needed(F floor_less_dot, F rest, F head_size, F head_error, F room, const GroupStats& g) const {
    F wrong = head_size * g.error + head_error * g.size;
    F far = floor_less_dot - share * (rest * g.rest) - (1 + gain) * wrong - room * g.whole;
    F value = sure(far * inverse);
    return value - (4 + 2e-6f * (magnitude(value) + most));
  }

  // Whether the pair passes the first step for its own score.
  bool visible(i64 i, i64 row, float score) const {
    const QueryStats& q = asked.stats[which[i]];
    const int8_t* head = asked.heads + which[i] * 4 * list.steps;
    const uint8_t* panel = list.panel + row / LANES * list.steps * 64 + row % LANES * 4;
    int32_t sum = starts[row];
    for (i64 s = 0; s < list.steps; s++)
      for (int j = 0; j < 4; j++) sum += int32_t(panel[s * 64 + j]) * head[4 * s + j];
    float value = needed(score - dots[i], q.rest, q.head_size, q.head_error, slack * q.whole,
                         list.groups[row / LANES]);
    return sum >= int32_t(value) + HEAD_BIAS * int32_t(q.head_sum);
  }

  void score(i64 i, i64 row, bool any) {
    const float* y = row_of_halves.data();
    const i64 place = list.index[row] * list.d;
    if (list.half) widen((const uint16_t*)list.values + place, list.d, row_of_halves.data());
    else y = (const float*)list.values + place;
    const float value = tree_dot(asked.values + which[i] * list.d, y, list.d, a.data(), b.data());
    if (any || visible(i, row, value))
      insert(keys + slots[i] * k, k, key_of(value, list.names[row]));
  }

  void bring(i64 row) const {
    fetch((const char*)list.values + list.index[row] * list.d * (list.half ? 2 : 4),
          list.d * (list.half ? 2 : 4));
  }

  // What rows may score by their codes of all dimensions: those that may reach the floor. There is
  // room for three more rows, which repeat the last.
  template <int BLOCKS>
  i64 bound(i64 i, int32_t* rows, i64 count) {
    const QueryStats& q = asked.stats[which[i]];
    const int8_t* codes = asked.codes + which[i] * list.padded;
    const __m128 least = _mm_set1_ps(floor(i)), scale = _mm_set1_ps(q.scale);
    const __m128 size = _mm_set1_ps(q.size), error = _mm_set1_ps(q.error);
    const __m128 known = _mm_set1_ps(dots[i] + slack * q.whole * list.longest);
    const __m128i start = _mm_set1_epi32(BIAS * int32_t(q.sum));
    const i64 bytes = BLOCKS ? 64 * BLOCKS : list.padded;
    for (int j = 0; j < 3; j++) rows[count + j] = rows[count - 1];
    i64 kept = 0;
    for (i64 first = 0; first < count; first += 4) {
      const uint8_t* four[4];
      __m128 stats[4];
      for (int j = 0; j < 4; j++) {
        four[j] = list.codes + rows[first + j] * bytes;
        stats[j] = _mm_loadu_ps(&list.rows[rows[first + j]].scale);
      }
      __m128i sums = _mm_sub_epi32(four_products<BLOCKS>(codes, four, bytes / 64), start);
      _MM_TRANSPOSE4_PS(stats[0], stats[1], stats[2], stats[3]);
      __m128 upper = _mm_add_ps(_mm_mul_ps(_mm_mul_ps(_mm_cvtepi32_ps(sums), stats[0]), scale),
                                _mm_add_ps(stats[1], known));
      __m128 wrong = _mm_add_ps(_mm_mul_ps(stats[2], size), _mm_mul_ps(stats[3], error));
      upper = _mm_add_ps(upper, wrong);
      unsigned bits = unsigned(_mm_movemask_ps(_mm_cmpge_ps(upper, least)));
      if (!bits) continue;
      float uppers[4];
      _mm_storeu_ps(uppers, upper);
      if (count - first < 4) bits &= (1u << (count - first)) - 1;
      for (; bits; bits &= bits - 1) {
        const int j = __builtin_ctz(bits);
        candidates[kept++] = {uppers[j], rows[first + j]};
      }
    }
    return kept;
  }

  i64 bound(i64 i, int32_t* rows, i64 count) {
    if (list.padded == 384) return bound<6>(i, rows, count);
    if (list.padded == 512) return bound<8>(i, rows, count);
    return bound<0>(i, rows, count);
  }

  // Scores of these rows those that may reach the floor, best first, so that it rises soon.
  void look(i64 i, int32_t* rows, i64 count, bool any) {
    auto next = candidates.begin(), end = next + bound(i, rows, count);
    const i64 few = 2 * k + 8;
    if (end - next > few) {
      std::nth_element(next, next + few, end, Candidate::better);
      next = scored(i, next, next + few, any);
      end = std::remove_if(next, end, [&](const Candidate& c) { return c.upper < floor(i); });
    }
    scored(i, next, end, any);
  }

  using Place = std::vector<Candidate>::iterator;
  Place scored(i64 i, Place begin, Place end, bool any) {
    std::sort(begin, end, Candidate::better);
    for (Place at = begin; at < end && at->upper >= floor(i); at++) {
      if (at + 1 < end) bring((at + 1)->row);
      score(i, at->row, any);
    }
    return end;
  }
};

struct Tile {  // eight queries
  const int8_t* heads[QUERIES];
  Eight rest, head_size, head_error, room, floors;
  EightInts start;
};

Tile tile_of(const Visit& visit, const i64* some, i64 used) {
  Tile tile;
  for (int q = 0; q < QUERIES; q++) {
    const i64 i = some[std::min<i64>(q, used - 1)];
    const QueryStats& stats = visit.asked.stats[visit.which[i]];
    tile.heads[q] = visit.asked.heads + visit.which[i] * 4 * visit.list.steps;
    tile.rest[q] = stats.rest, tile.head_size[q] = stats.head_size;
    tile.head_error[q] = stats.head_error, tile.room[q] = visit.slack * stats.whole;
    tile.floors[q] = visit.floor(i) - visit.dots[i];
    tile.start[q] = HEAD_BIAS * int32_t(stats.head_sum);
  }
  return tile;
}

// Appends to rows[q] what of groups [first, last) passes the first step.
void pass(const Visit& visit, const Tile& tile, i64 first, i64 last, int32_t* const* rows,
          i64* counts) {
  const List& list = visit.list;
  int32_t least[WIDE][QUERIES];
  uint16_t kept[WIDE][QUERIES];
  for (i64 group = first; group < last; group += WIDE) {
    const int wide = int(std::min<i64>(WIDE, last - group));
    for (int g = 0; g < wide; g++) {
      Eight value = visit.needed(tile.floors, tile.rest, tile.head_size, tile.head_error,
                                 tile.room, list.groups[group + g]);
      *(EightInts*)least[g] = __builtin_convertvector(value, EightInts) + tile.start;
    }
    const uint8_t* panel = list.panel + group * list.steps * 64;
    const int32_t* starts = visit.starts.data() + group * LANES;
    if (wide == 3) head_tile<3>(tile.heads, panel, list.steps, starts, least, kept);
    else if (wide == 2) head_tile<2>(tile.heads, panel, list.steps, starts, least, kept);
    else head_tile<1>(tile.heads, panel, list.steps, starts, least, kept);
    for (int q = 0; q < QUERIES; q++)
      for (int g = 0; g < wide; g++)
        counts[q] = append(rows[q], counts[q], kept[g][q], int32_t((group + g) * LANES));
  }
}

// The first step and what follows, for queries `some` of a visit.
void pass_all(Visit& visit, const std::vector<i64>& some) {
  const i64 groups = (visit.list.count + LANES - 1) / LANES;
  const i64 chunk = std::max<i64>(WIDE, CHUNK / (visit.list.steps * 64) / WIDE * WIDE);
  const i64 room = std::min(chunk, groups) * LANES + LANES;
  std::vector<int32_t> buffer(QUERIES * room);
  int32_t* rows[QUERIES];
  for (int q = 0; q < QUERIES; q++) rows[q] = buffer.data() + q * room;
  for (i64 first = 0; first < groups; first += chunk)
    for (i64 q0 = 0; q0 < i64(some.size()); q0 += QUERIES) {
      const i64 used = std::min<i64>(QUERIES, some.size() - q0);
      const Tile tile = tile_of(visit, &some[q0], used);
      i64 counts[QUERIES] = {};
      pass(visit, tile, first, std::min(groups, first + chunk), rows, counts);
      for (i64 q = 0; q < used; q++)
        if (counts[q]) visit.look(some[q0 + q], rows[q], counts[q], visit.share >= 1 && visit.gain <= 0);
    }
}

// Takes the mean's head from a row's; gives the sum of squares and the largest magnitude.
std::pair<float, float> centre_head(float* head, const float* mean, i64 m) {
  Vec squares[PARTS] = {}, top[PARTS] = {};
  for (i64 begin = 0; begin < m; begin += LANES)
#pragma GCC unroll 2
    for (int p = 0; p < PARTS; p++) {
      const i64 j = begin + p * STEP;
      const Vec value = part_of(head, j, m) - part_of(mean, j, m);
      squares[p] += value * value, top[p] = larger(magnitudes(value), top[p]);
      put_part(value, head, j, m);
    }
  return {total(squares), largest(top)};
}

// Writes a head as codes of one scale into a panel; gives how far they are from it.
float round_head(const float* head, i64 m, float unit, uint8_t* panel) {
  const float inverse = 1 / unit;
  Vec left[PARTS] = {};
  for (i64 begin = 0; begin < m; begin += LANES)
#pragma GCC unroll 2
    for (int p = 0; p < PARTS; p++) {
      const i64 j = begin + p * STEP;
      const Vec value = part_of(head, j, m);
      const Ivec whole = __builtin_convertvector(value * inverse + (HEAD_BIAS + 0.5f), Ivec);
      const Vec rest = value - __builtin_convertvector(whole - HEAD_BIAS, Vec) * unit;
      uint8_t codes[STEP];
      store_bytes(whole, codes);
      left[p] += rest * rest;
      for (i64 i = 0; i < STEP && j + i < m; i += 4)
        std::memcpy(panel + (j + i) / 4 * 64, codes + i, 4);
    }
  return std::sqrt(total(left)) * ROOM;
}

}  // namespace

extern "C" {

// Rows of `values` (float16 when `half`) in float32.
void gather(const void* values, int half, const i64* index, i64 count, i64 d, float* out) {
  for (i64 i = 0; i < count; i++, out += d)
    if (half) widen((const uint16_t*)values + index[i] * d, d, out);
    else std::memcpy(out, (const float*)values + index[i] * d, d * sizeof(float));
}

// Codes one list: its rows (count, d), their heads (count, m), of which that of the mean has yet to
// be taken; `drift` times a norm is how far a head may be from what it stands for. `order` says
// which row comes where. Returns 0, or 1 when a row holds what has no finite norm.
int code_list(const float* values, i64 count, i64 d, i64 padded, const float* mean,
              float mean_norm, const float* towards, float* heads, const float* mean_head, i64 m,
              i64 steps, float drift, uint8_t* panel, uint8_t* codes, RowStats* rows,
              GroupStats* groups, i64* order, float* unit, float* longest) {
  std::vector<float> x(padded), rest(count), size(count), wholes(count);
  std::vector<uint8_t> row_codes(count * padded);
  std::vector<RowStats> stats(count);
  float top = 0, norm = 0, whole = 0;
  int bad = 0;
  for (i64 i = 0; i < count; i++) {
    const Quantised row = round_row(values + i * d, mean, towards, mean_norm, d, padded, LEVELS,
                                    BIAS, x.data(), &row_codes[i * padded]);
    bad |= !std::isfinite(row.whole);
    stats[i] = {row.scale, row.offset, row.error, row.size + row.error};
    wholes[i] = row.whole;
    const auto [squares, most] = centre_head(heads + i * m, mean_head, m);
    const double length = std::sqrt(double(squares)), off = double(drift) * row.whole + TINY;
    const double least = std::max(0.0, length * (1 - 1e-4) - off), full = double(row.norm) * (1 + 1e-4);
    size[i] = float(length + off) * ROOM, top = std::max(top, most);
    rest[i] = float(std::sqrt(std::max(0.0, full * full - least * least))) * ROOM + TINY;
    norm = std::max(norm, row.norm), whole = std::max(whole, row.whole), order[i] = i;
  }
  *longest = whole;
  if (bad) return 1;
  std::stable_sort(order, order + count, [&](i64 i, i64 j) { return rest[i] < rest[j]; });
  *unit = std::max(std::max(top, norm / 64), 1e-13f) * (1 + 1e-6f) / HEAD_LEVELS;
  for (i64 place = 0; place < count; place++) {
    const i64 i = order[place];
    uint8_t* head = panel + place / LANES * steps * 64 + place % LANES * 4;
    const float error = round_head(heads + i * m, m, *unit, head) + drift * wholes[i] + TINY;
    std::memcpy(codes + place * padded, &row_codes[i * padded], padded);
    rows[place] = stats[i];
    GroupStats& group = groups[place / LANES];
    group.rest = std::max(group.rest, rest[i]), group.error = std::max(group.error, error);
    group.size = std::max(group.size, size[i]);
    group.whole = std::max(group.whole, wholes[i]);
  }
  return 0;
}

// Codes of all dimensions of queries around c; their heads are made elsewhere.
int code_queries(const float* values, i64 count, i64 d, i64 padded, const float* centre,
                 float centre_norm, int8_t* codes, QueryStats* stats) {
  std::vector<float> x(padded);
  std::vector<uint8_t> row_codes(padded);
  int bad = 0;
  for (i64 i = 0; i < count; i++) {
    const Quantised row = round_row(values + i * d, centre, centre, centre_norm, d, padded, 127,
                                    128, x.data(), row_codes.data());
    make_signed(row_codes.data(), padded, codes + i * padded);
    stats[i].scale = row.scale, stats[i].sum = row.sum, stats[i].error = row.error;
    stats[i].size = row.size, stats[i].whole = row.whole;
    bad |= !std::isfinite(row.whole);
  }
  return bad;
}

// Offers the rows of a list to queries `which`, whose k best are rows `slots` of `keys`. Those that
// have nothing yet, and those whose nearest list it is, see all of its rows. `dots` are their
// products with its mean, or null.
void visit_list(const Asked* asked, const i64* which, const i64* slots, const uint8_t* nearest,
                const float* dots, i64 count, const List* list, uint64_t* keys, i64 k, float share,
                float gain) {
  Visit visit(*asked, *list, which, slots, count, dots, keys, k, share, gain);
  const bool exact = share >= 1 && gain <= 0;
  std::vector<i64> others;
  std::vector<int32_t> all(list->count + 3);
  for (i64 row = 0; row < list->count; row++) all[row] = int32_t(row);
  for (i64 i = 0; i < count; i++)
    if (nearest[i] || visit.floor(i) == -INFINITY)
      visit.look(i, all.data(), list->count, exact || nearest[i]);
    else others.push_back(i);
  if (!others.empty()) pass_all(visit, others);
}

// The k best of `count` base rows for each query, best first, of which products that are off by
// `slack` at the most are known. Those that are too close to each other for these are scored.
void best_of_products(const float* products, i64 queries, i64 count, const float* values,
                      const float* base, i64 d, float slack, i64 k, i64* best) {
  struct Row {
    float product;
    i64 number;
  };
  const auto better = [](const Row& x, const Row& y) { return x.product > y.product; };
  std::vector<Row> rows(count);
  std::vector<uint64_t> keys;
  std::vector<float> a(d + 1), b(d + 1);
  for (i64 q = 0; q < queries; q++, products += count, best += k) {
    for (i64 i = 0; i < count; i++) rows[i] = {products[i], i};
    std::nth_element(rows.begin(), rows.begin() + k - 1, rows.end(), better);
    const float least = rows[k - 1].product - 2 * slack;
    const auto end = std::partition(rows.begin() + k, rows.end(),
                                    [&](const Row& row) { return row.product >= least; });
    std::sort(rows.begin(), end, better);
    for (auto at = rows.begin(); at < end && at < rows.begin() + k;) {
      auto next = at + 1;  // past those that are not surely worse than the one before
      while (next < end && (next - 1)->product - next->product <= 2 * slack) next++;
      keys.clear();
      for (auto row = at; next - at > 1 && row < next; row++)
        keys.push_back(key_of(tree_dot(values + q * d, base + row->number * d, d, a.data(), b.data()),
                              row->number));
      std::sort(keys.begin(), keys.end());
      for (i64 i = 0; i < i64(keys.size()); i++) at[i].number = i64(keys[i] & 0xffffffffu);
      at = next;
    }
    for (i64 i = 0; i < k; i++) best[i] = rows[i].number;
  }
}
}
