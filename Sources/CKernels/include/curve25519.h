#ifndef YINHE_CURVE25519_H
#define YINHE_CURVE25519_H

#include <stddef.h>
#include <stdint.h>

#endif
