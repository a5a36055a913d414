/* Element types of weights and activations, and their conversion to float32. */
#ifndef WN_CORE_DTYPE_H
#define WN_CORE_DTYPE_H

#include <stddef.h>
#include <stdint.h>

typedef enum { DTYPE_F32, DTYPE_F16, DTYPE_BF16, DTYPE_F64, DTYPE_COUNT } dtype_t;

/* Bytes of an element; name as in safetensors headers ("F32"). */
size_t dtype_size(dtype_t type);
const char *dtype_name(dtype_t type);

/* out[i] = in[i] in float32: exact from F32, F16, BF16; F64 rounds to nearest. */
void dtype_expand(float *out, const void *in, size_t count, dtype_t type);

/* out[i] = in[i] rounded to nearest even in the given type; a finite value beyond F16's range
 * becomes infinite there, NaN stays NaN. */
void dtype_round(void *out, const float *in, size_t count, dtype_t type);

/* One F16 value, exactly (the plain reference of the above). */
float half_to_float(uint16_t half);
uint16_t float_to_half(float value);

#endif
