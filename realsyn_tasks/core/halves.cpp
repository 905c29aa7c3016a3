// float16 to float32 and back by the CPU's own instructions (F16C). See halves.py.
#include <cstdint>
#include <immintrin.h>

extern "C" {

int supported() { return __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c"); }

__attribute__((target("avx,f16c"))) void widen(const uint16_t *from, float *into, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(into + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
  for (; i < count; i++) into[i] = _cvtsh_ss(from[i]);
}

// Rounds to the nearest, ties to even.
__attribute__((target("avx,f16c"))) void narrow(const float *from, uint16_t *into, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128((__m128i *)(into + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), 0));
  for (; i < count; i++) into[i] = _cvtss_sh(from[i], 0);
}
}
