#include "core/dtype.h"

#include <string.h>

#include "core/simd.h"

size_t dtype_size(dtype_t type)
{
    static const size_t size[DTYPE_COUNT] = {4, 2, 2, 8};
    return size[type];
}

const char *dtype_name(dtype_t type)
{
    static const char *const name[DTYPE_COUNT] = {"F32", "F16", "BF16", "F64"};
    return name[type];
}

static inline uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Integers alone, but for denormals: multiplying denormal float32 values instead takes a microcode
 * assist for each vector that holds one. An exponent field that is full stays so. */
static inline float expand_half(uint16_t half)
{
    const uint32_t rebias = (127u - 15u) << 23;
    uint32_t magnitude = half & 0x7fffu, bits = (magnitude << 13) + rebias;
    bits += magnitude >= 0x7c00u ? rebias : 0;
    uint32_t denormal = bits_of((float)(int32_t)magnitude * 0x1p-24f);
    bits = magnitude < 0x400u ? denormal : bits;
    return float_of(bits | (uint32_t)(half & 0x8000u) << 16);
}

static inline uint16_t round_half(float value)
{
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000u;
    bits &= 0x7fffffffu;
    if (bits > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
    if (bits >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
    if (bits < 0x38800000u) /* denormal in F16: let the adder round at 2^-24 */
        return (uint16_t)(sign | (bits_of(float_of(bits) + 0.5f) - bits_of(0.5f)));
    bits += 0xfffu + (bits >> 13 & 1u);
    return (uint16_t)(sign | (bits - 0x38000000u) >> 13);
}

static inline uint16_t round_bfloat(float value)
{
    uint32_t bits = bits_of(value);
    uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16, nan = bits >> 16 | 0x40u;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

float half_to_float(uint16_t half)
{
    return expand_half(half);
}

uint16_t float_to_half(float value)
{
    return round_half(value);
}

MULTIVERSION
static void expand_f16(float *out, const uint16_t *in, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = expand_half(in[i]);
}

MULTIVERSION
static void expand_bf16(float *out, const uint16_t *in, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = float_of((uint32_t)in[i] << 16);
}

void dtype_expand(float *out, const void *in, size_t count, dtype_t type)
{
    switch (type) {
    case DTYPE_F16: expand_f16(out, in, count); break;
    case DTYPE_BF16: expand_bf16(out, in, count); break;
    case DTYPE_F64: {
        const double *from = in;
        for (size_t i = 0; i < count; i++) out[i] = (float)from[i];
        break;
    }
    default: memcpy(out, in, count * sizeof *out);
    }
}

MULTIVERSION
static void round_bf16(uint16_t *out, const float *in, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = round_bfloat(in[i]);
}

void dtype_round(void *out, const float *in, size_t count, dtype_t type)
{
    uint16_t *half = out;
    switch (type) {
    case DTYPE_F16:
        for (size_t i = 0; i < count; i++) half[i] = round_half(in[i]);
        break;
    case DTYPE_BF16: round_bf16(half, in, count); break;
    case DTYPE_F64: {
        double *to = out;
        for (size_t i = 0; i < count; i++) to[i] = in[i];
        break;
    }
    default: memcpy(out, in, count * sizeof *in);
    }
}
