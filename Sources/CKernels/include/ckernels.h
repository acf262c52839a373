// C kernels. Each has a portable form and, where it pays, variants for wider instruction sets that are compiled per function and
// chosen at run time. Pointers may have any alignment; buffers of different arguments must not overlap unless stated.
#ifndef YINHE_CKERNELS_H
#define YINHE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "aes.h"
#include "bit_rows.h"
#include "curve25519.h"
#include "expand_convolute.h"
#include "fixed_base.h"
#include "gf128.h"
#include "mask_index.h"
#include "mont_lanes.h"
#include "mont_scalar.h"
#include "okvs.h"
#include "p256.h"
#include "sha256_lanes.h"
#include "value_barrier.h"

#endif
