#ifndef YINHE_SHA256_LANES_H
#define YINHE_SHA256_LANES_H

#include <stddef.h>
#include <stdint.h>

#endif
